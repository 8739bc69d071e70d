"""Golden-vector value codec (Python). decode(json) -> Python values, encode(value) -> json. See README.md.
Values Python lacks become instances of Tag(name, data); undefined is the singleton UNDEFINED; dates are JSDate(ms or None)."""

# ruff: noqa
import math, re

_DATE = re.compile(r"^([+-]\d{6}|\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)\.(\d{3})Z$")


class _Undefined:
    def __repr__(self):
        return "undefined"


UNDEFINED = _Undefined()


def _days(y, m, d):  # days since 1970-01-01, proleptic Gregorian
    y -= m <= 2
    era = y // 400
    yoe = y - era * 400
    doy = (153 * (m + (-3 if m > 2 else 9)) + 2) // 5 + d - 1
    doe = yoe * 365 + yoe // 4 - yoe // 100 + doy
    return era * 146097 + doe - 719468


def _civil(z):
    z += 719468
    era = z // 146097
    doe = z - era * 146097
    yoe = (doe - doe // 1460 + doe // 36524 - doe // 146096) // 365
    y = yoe + era * 400
    doy = doe - (365 * yoe + yoe // 4 - yoe // 100)
    mp = (5 * doy + 2) // 153
    d = doy - (153 * mp + 2) // 5 + 1
    m = mp + (3 if mp < 10 else -9)
    return y + (m <= 2), m, d


def iso_to_ms(s):
    g = _DATE.match(s)
    if not g:
        raise ValueError(s)
    y, mo, d, h, mi, se, ms = (int(x) for x in g.groups())
    return _days(y, mo, d) * 86400000 + h * 3600000 + mi * 60000 + se * 1000 + ms


def ms_to_iso(ms):
    days, rest = divmod(ms, 86400000)
    y, m, d = _civil(days)
    h, rest = divmod(rest, 3600000)
    mi, rest = divmod(rest, 60000)
    s, ms = divmod(rest, 1000)
    ys = "%04d" % y if 0 <= y <= 9999 else "%s%06d" % ("-" if y < 0 else "+", abs(y))
    return "%s-%02d-%02dT%02d:%02d:%02d.%03dZ" % (ys, m, d, h, mi, s, ms)


class JSDate:
    def __init__(self, ms):
        self.ms = ms

    def __eq__(self, o):
        return isinstance(o, JSDate) and o.ms == self.ms

    def __repr__(self):
        return "JSDate(%r)" % self.ms


class Tag:
    """A JS value that Python has no twin for; data is the tag's body with its values decoded."""

    def __init__(self, name, data):
        self.name, self.data = name, data

    def __repr__(self):
        return "Tag(%s, %r)" % (self.name, self.data)


class JSObject:
    """An object that is not a plain one: entries = [(key, value, flags)], proto = 'Object' | None | value."""

    def __init__(self, entries, proto="Object", array_length=None):
        self.entries, self.proto, self.array_length = entries, proto, array_length


class Repeat(str):
    """A string that carries how it was written ($repeat / $concat / $utf16), so that encode() gives the same json."""

    json = None


def decode(j):
    ids = {}

    def s(x):  # string parts
        return dec(x)

    def ent(es):
        return [(dec(e[0]), dec(e[1]), e[2] if len(e) > 2 else {}) for e in es]

    def dec(j, reg=None):
        def R(o):
            if reg is not None:
                ids[reg] = o
            return o

        if not isinstance(j, (dict, list)):
            return j
        if isinstance(j, list):
            o = R([])
            o.extend(dec(x) for x in j)
            return o
        if len(j) != 1 or not next(iter(j)).startswith("$"):
            o = R({})
            for k, v in j.items():
                o[k] = dec(v)
            return o
        tag, d = next(iter(j.items()))
        if tag == "$undefined":
            return UNDEFINED
        if tag == "$number":
            return {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf, "-0": -0.0}[d]
        if tag == "$utf16":
            r = Repeat(b"".join(u.to_bytes(2, "little") for u in d).decode("utf-16-le", "surrogatepass"))
            r.json = j
            return r
        if tag == "$repeat":
            r = Repeat(d[0] * d[1])
            r.json = j
            return r
        if tag == "$concat":
            r = Repeat("".join(s(x) for x in d))
            r.json = j
            return r
        if tag == "$date":
            return R(JSDate(None if d is None else iso_to_ms(d)))
        if tag == "$object":
            o = R(JSObject([], "Object" if "proto" not in d else None if d["proto"] is None else dec(d["proto"])))
            o.entries.extend(ent(d["entries"]))
            return o
        if tag == "$array":
            o = R(JSObject([], "Array", d["length"]))
            o.entries.extend(ent(d["entries"]))
            return o
        if tag == "$nest":
            o = dec(d[2])
            for _ in range(d[1]):
                o = {d[0]: o}
            return o
        if tag == "$nestArray":
            o = dec(d[1])
            for _ in range(d[0]):
                o = [o]
            return o
        if tag == "$id":
            return dec(d[1], d[0])
        if tag == "$ref":
            return ids[d]
        if tag == "$map":
            return R(Tag(tag, [[dec(k), dec(v)] for k, v in d]))
        if tag in ("$set",):
            return R(Tag(tag, [dec(x) for x in d]))
        if tag == "$typed":
            return R(Tag(tag, [d[0], [dec(x) for x in d[1]]]))
        if tag == "$error":
            return R(Tag(tag, [d[0], dec(d[1]), ent(d[2])]))
        if tag in ("$boxed", "$frozen", "$function"):
            return R(Tag(tag, dec(d)))
        if tag in (
            "$bigint",
            "$symbol",
            "$symbolFor",
            "$callback",
            "$regexp",
            "$arraybuffer",
            "$url",
            "$promise",
            "$element",
            "$event",
            "$file",
            "$window",
            "$node",
        ):
            return R(Tag(tag, d))
        raise ValueError("unknown tag " + tag)

    return dec(j)


def encode(root):
    cyc, count = {}, [0]

    def kids(v):
        if isinstance(v, dict):
            return list(v.values())
        if isinstance(v, list):
            return v
        if isinstance(v, JSObject):
            return [e[1] for e in v.entries] + ([v.proto] if not isinstance(v.proto, (str, type(None))) else [])
        if isinstance(v, Tag):
            if v.name == "$map":
                return [x for p in v.data for x in p]
            if v.name == "$set":
                return v.data
            if v.name in ("$boxed", "$frozen"):
                return [v.data]
            if v.name == "$error":
                return [e[1] for e in v.data[2]]
        return []

    on, done, st = set(), set(), [(root, False)]
    while st:
        v, ex = st.pop()
        if ex:
            on.discard(id(v))
            done.add(id(v))
            continue
        if not isinstance(v, (dict, list, JSObject, Tag)):
            continue
        if id(v) in on:
            cyc[id(v)] = 0
            continue
        if id(v) in done:
            continue
        on.add(id(v))
        st.append((v, True))
        st.extend((c, False) for c in kids(v))

    def ent(es):
        return [[enc(k), enc(v)] + ([f] if f else []) for k, v, f in es]

    def enc(v):
        if v is UNDEFINED:
            return {"$undefined": True}
        if v is None or isinstance(v, bool):
            return v
        if isinstance(v, Repeat):
            return v.json
        if isinstance(v, str) or isinstance(v, int):
            return v
        if isinstance(v, float):
            if math.isnan(v):
                return {"$number": "NaN"}
            if math.isinf(v):
                return {"$number": "Infinity" if v > 0 else "-Infinity"}
            if v == 0 and math.copysign(1, v) < 0:
                return {"$number": "-0"}
            return v
        if id(v) in cyc:
            if cyc[id(v)]:
                return {"$ref": cyc[id(v)]}
            count[0] += 1
            cyc[id(v)] = n = count[0]
            return {"$id": [n, obj(v)]}
        return obj(v)

    def obj(v):
        if isinstance(v, JSDate):
            return {"$date": None if v.ms is None else ms_to_iso(v.ms)}
        if isinstance(v, JSObject):
            if v.proto == "Array":
                return {"$array": {"length": v.array_length, "entries": ent(v.entries)}}
            r = {}
            if v.proto is None:
                r["proto"] = None
            elif v.proto != "Object":
                r["proto"] = enc(v.proto)
            r["entries"] = ent(v.entries)
            return {"$object": r}
        if isinstance(v, Tag):
            n, d = v.name, v.data
            if n == "$map":
                return {n: [[enc(a), enc(b)] for a, b in d]}
            if n == "$set":
                return {n: [enc(x) for x in d]}
            if n == "$typed":
                return {n: [d[0], [enc(x) for x in d[1]]]}
            if n == "$error":
                return {n: [d[0], enc(d[1]), ent(d[2])]}
            if n in ("$boxed", "$frozen", "$function"):
                return {n: enc(d)}
            return {n: d}
        if isinstance(v, list):
            depth, q = 0, v
            while isinstance(q, list) and len(q) == 1 and id(q) not in cyc:
                depth, q = depth + 1, q[0]
            if depth >= 40:
                return {"$nestArray": [depth, enc(q)]}
            return [enc(x) for x in v]
        if len(v) == 1:
            key = next(iter(v))
            depth, q = 0, v
            while isinstance(q, dict) and len(q) == 1 and next(iter(q)) == key and id(q) not in cyc:
                depth, q = depth + 1, q[key]
            if depth >= 40:
                return {"$nest": [key, depth, enc(q)]}
        return {k: enc(x) for k, x in v.items()}

    return enc(root)
