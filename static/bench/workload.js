// The calls that every contestant's page makes the same way: one at a time, in a burst, and timed by themselves.

/** How long the call itself takes, in microseconds, each made when the one before has arrived. @param {number} count */
export async function cost(count) {
  const us = [];
  for (let number = 0; number < count; number += 1) {
    const due = bench.count() + 1;
    const cart = bench.cart(number);
    const start = performance.now();
    bench.send("Order Completed", cart);
    us.push((performance.now() - start) * 1000);
    await bench.until(due);
  }
  return us;
}

/** Calls per second when each is awaited before the next is made. @param {number} count */
export async function singly(count) {
  const due = bench.count() + count;
  const start = performance.now();
  for (let number = 0; number < count; number += 1) await bench.send("Order Completed", bench.cart(number));
  return (count * 1000) / (await bench.until(due) - start);
}

/** Calls per second, from the first call to the last delivery, when all are made at once. @param {number} count */
export async function burst(count) {
  const due = bench.count() + count;
  const start = performance.now();
  for (let number = 0; number < count; number += 1) bench.send("Order Completed", bench.cart(number));
  return (count * 1000) / (await bench.until(due) - start);
}

/** Make so many calls, a thousand at a time, each thousand awaited. @param {number} count */
export async function many(count) {
  for (let made = 0; made < count; made += 1000) await burst(Math.min(1000, count - made));
  return bench.count();
}
