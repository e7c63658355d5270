"""Arranging: copies and events become clusters, clusters find their section and their place in it."""

from digest.arrange.choose import Chosen, Quotas, choose
from digest.arrange.clusters import Grouping, cluster, group
from digest.arrange.learn import learner_for
from digest.arrange.memory import UPDATE_LABEL, Memory, Recall, recall, remember, seen_similarity
from digest.arrange.past import PastLearner
from digest.arrange.rank import score
from digest.arrange.sections import MORE, MORE_TITLE, Ladder, Learner, SectionRule
from digest.model import Decision

__all__ = [
    "MORE",
    "MORE_TITLE",
    "UPDATE_LABEL",
    "Chosen",
    "Decision",
    "Grouping",
    "Ladder",
    "Learner",
    "Memory",
    "PastLearner",
    "Quotas",
    "Recall",
    "SectionRule",
    "choose",
    "cluster",
    "group",
    "learner_for",
    "recall",
    "remember",
    "score",
    "seen_similarity",
]
