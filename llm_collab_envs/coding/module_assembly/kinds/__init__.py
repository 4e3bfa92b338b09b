"""The kinds of modules, by name: each is a file of its own."""

from llm_collab_envs.coding.module_assembly.kinds.cache import CACHE
from llm_collab_envs.coding.module_assembly.kinds.events import EVENTS
from llm_collab_envs.coding.module_assembly.kinds.graph import GRAPH
from llm_collab_envs.coding.module_assembly.kinds.histogram import HISTOGRAM
from llm_collab_envs.coding.module_assembly.kinds.index import INDEX
from llm_collab_envs.coding.module_assembly.kinds.inventory import INVENTORY
from llm_collab_envs.coding.module_assembly.kinds.ledger import LEDGER
from llm_collab_envs.coding.module_assembly.kinds.matrix import MATRIX
from llm_collab_envs.coding.module_assembly.kinds.queue import QUEUE
from llm_collab_envs.coding.module_assembly.kinds.router import ROUTER
from llm_collab_envs.coding.module_assembly.kinds.scheduler import SCHEDULER
from llm_collab_envs.coding.module_assembly.kinds.undo import UNDO

KINDS = {
    "inventory": INVENTORY,
    "ledger": LEDGER,
    "queue": QUEUE,
    "index": INDEX,
    "events": EVENTS,
    "matrix": MATRIX,
    "router": ROUTER,
    "cache": CACHE,
    "graph": GRAPH,
    "scheduler": SCHEDULER,
    "histogram": HISTOGRAM,
    "undo": UNDO,
}

__all__ = ["KINDS"]
