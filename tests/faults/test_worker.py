"""Workers that die or hang with a batch."""

from __future__ import annotations

import pytest

from .visitor import Visitor

# A Worker of the page's own that never gets its first batch.
DEAF = """<script>
  delete window.SharedWorker;
  window.swallowed = 0;
  const { postMessage } = Worker.prototype;
  Worker.prototype.postMessage = function (message, ...rest) {
    if (message.type === "batch" && !swallowed++) return;
    return postMessage.call(this, message, ...rest);
  };
</script>"""


@pytest.mark.only_browser("chromium")  # ended by Chromium's own tools
@pytest.mark.fault(18, "SharedWorker ended amid batches")
def test_a_shared_worker_that_is_ended_is_replaced_and_its_batch_done_once(visitor: Visitor) -> None:
    """When the browser ends the SharedWorker amid many batches, another one does what was left, once."""
    page = visitor.open("/")
    visitor.ready(page)
    visitor.burst(page, "ended", 5000)
    assert visitor.end_workers() == 1
    assert visitor.settle(page) == {"delivered": 5000}
    assert page.evaluate("() => analytics.state.runtime") == "ready"


@pytest.mark.fault(18, "Worker that never answers a batch")
def test_a_worker_that_hangs_is_replaced_and_its_batch_done_once(visitor: Visitor) -> None:
    """A batch that a Worker does not answer within its deadline is done by another one, once."""
    page = visitor.open("/", DEAF)
    visitor.burst(page, "deaf", 20)
    assert visitor.settle(page) == {"delivered": 20}
    assert page.evaluate("() => swallowed") > 1
