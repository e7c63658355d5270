"""Arranging: copies and events become clusters, clusters find their section and their place in it."""

from digest.arrange import memory
from digest.arrange.choose import Chosen, Quotas, choose
from digest.arrange.clusters import Grouping, cluster, group
from digest.arrange.learn import learner_for
from digest.arrange.past import PastLearner
from digest.arrange.rank import score
from digest.arrange.sections import MORE, MORE_TITLE, Ladder, Learner, SectionRule
from digest.model import Decision, Printed

__all__ = [
    "MORE",
    "MORE_TITLE",
    "Chosen",
    "Decision",
    "Grouping",
    "Ladder",
    "Learner",
    "PastLearner",
    "Printed",
    "Quotas",
    "SectionRule",
    "choose",
    "cluster",
    "group",
    "learner_for",
    "memory",
    "score",
]
