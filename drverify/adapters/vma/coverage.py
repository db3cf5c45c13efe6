"""Which clusters of a device have come: a frontier, and a bitmap of what came ahead of it.

Archives are mostly in order; what a guest wrote while it was backed up comes ahead of its turn. Memory
is bounded by an eighth of a byte for each cluster ahead, in pages, and pages behind the frontier go.
"""

PAGE = 4096
"""Clusters (so bits) of one page of the bitmap: 256 MiB of a device."""


class Coverage:
    """The clusters of one device that have come; each may come once."""

    def __init__(self, clusters: int) -> None:
        self._clusters = clusters
        self._ahead: dict[int, bytearray] = {}
        self._ahead_count = 0
        self._swept = 0
        self.frontier = 0
        """Every cluster before this one has come."""

    @property
    def seen(self) -> int:
        """How many clusters have come."""
        return self.frontier + self._ahead_count

    @property
    def missing(self) -> int:
        """How many clusters have not come; the frontier is the first of them."""
        return self._clusters - self.seen

    def add(self, first: int, count: int) -> int | None:
        """Note clusters; return one that had come before, or None (then all of them are noted)."""
        if first == self.frontier and not self._ahead:
            self.frontier += count
            return None
        for cluster in range(first, first + count):
            if cluster < self.frontier or self._is_ahead(cluster):
                return cluster
            if cluster == self.frontier:
                self.frontier += 1
            else:
                self._set(cluster)
        return None

    def advance(self) -> int:
        """Move the frontier over what came ahead of it; return by how many clusters."""
        began = self.frontier
        while self._ahead and self._is_ahead(self.frontier):
            self.frontier += 1
            self._ahead_count -= 1
        while self._swept < self.frontier // PAGE:
            self._ahead.pop(self._swept, None)
            self._swept += 1
        if self._ahead_count == 0:
            self._ahead.clear()
        return self.frontier - began

    def _is_ahead(self, cluster: int) -> bool:
        page, bit = divmod(cluster, PAGE)
        bits = self._ahead.get(page)
        return bits is not None and bool(bits[bit >> 3] >> (bit & 7) & 1)

    def _set(self, cluster: int) -> None:
        page, bit = divmod(cluster, PAGE)
        bits = self._ahead.get(page)
        if bits is None:
            bits = self._ahead[page] = bytearray(PAGE // 8)
        bits[bit >> 3] |= 1 << (bit & 7)
        self._ahead_count += 1
