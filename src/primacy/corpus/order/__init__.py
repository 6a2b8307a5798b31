"""What the order of mention tells about size (docs/corpus-statistics.md)."""

from primacy.corpus.order.agreement import measured_twice
from primacy.corpus.order.analyse import Order, analyse_order
from primacy.corpus.order.options import OrderOptions

__all__ = ["Order", "OrderOptions", "analyse_order", "measured_twice"]
