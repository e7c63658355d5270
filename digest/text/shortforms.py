"""Lists the short forms of English newswriting that end in a full stop which ends no sentence.

Grouped by what may follow them; styles of AP, Reuters and British papers (which write "Mr" without a stop).
"""

from __future__ import annotations


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


TITLES = _words(
    "Mr Mrs Ms Mx Dr Prof Gen Lt Col Maj Capt Cmdr Cpl Sgt Pvt Adm Gov Sen Sens Rep Reps Rev Hon Pres Supt Det "
    "Insp Msgr Mme Mlle Mgr Atty Amb Brig Ald Treas Secy Asst Ens Pfc Spc Messrs Fr Govs Gens Drs Profs Dist "
    "Lieut Comdr Sra Srta Herr Sir Ste Hr Fra Dep Del Comm Ofc Pte Flt Sgts Lts Cols"
)
"""Before a name: the sentence always goes on."""

TITLES_OR_ENDINGS = _words("St Sr Ft Mt Jr Ave Blvd Rd Hwy Sq Esq")
"""Before a name or at an end: only a clear beginning after them ends the sentence."""

ENDINGS = _words("Inc Co Corp Ltd Bros LLC Plc Cos Assn Assoc Univ Intl Natl Ph.D Ed Gmbh Pty Cie")
"""After a firm's name or at an end."""

NEVER_LAST = _words("vs v cf approx dept fig figs eg e.g ie i.e ca viz incl resp esp c.f vols ext tel repr et feat")
"""In the middle of a sentence: the sentence always goes on."""

BEFORE_NUMBER = _words(
    "no nos p pp art sec ch vol pg para rs jan feb mar apr jun jul aug sept sep oct nov dec mon tue tues wed "
    "thu thur thurs fri sat sun op ver pt rte"
)
"""Before a figure: the sentence goes on; before anything else it ends."""

TIMES = _words("a.m p.m am pm")

WHEN = _words(
    "ET EST EDT CT CST CDT MT MST MDT PT PST PDT GMT BST UTC CET CEST IST JST AEST AEDT EAT WAT Eastern "
    "Central Mountain Pacific Local Monday Tuesday Wednesday Thursday Friday Saturday Sunday Mon Tue Tues Wed "
    "Thu Thur Thurs Fri Sat Sun Jan Feb March April May June July Aug Sept Oct Nov Dec January February August "
    "September October November December"
)
"""After "a.m." or "p.m.": a zone or a day, so that the sentence goes on."""

STATES = _words(
    "Ala Ariz Ark Calif Colo Conn Del Fla Ga Ill Ind Kan Kans Ky La Md Mass Mich Minn Miss Mo Mont Neb Nev "
    "Okla Ore Pa Tenn Tex Va Vt Wash Wis Wyo Ont Que Alta Sask Man"
)
"""States and provinces as newspapers shorten them, after a town and a comma or after a party ("R-Fla.")."""

STARTERS = _words(
    "The A An In On At But And Or He She It They We I You His Her Their Its Our My Your This That These Those "
    "There Here When While After Before As For If Since With Without By From To Of Some Many Most Several Both "
    "Another Other Others All Each Every Few One Two Three According However Meanwhile Now Then So What Why "
    "How Who Where Which Not No Yes Nor Yet Still Also Even Only Just Once Until Under Over During Despite "
    "Although Though Because Between Among About Against Instead Earlier Later Today Yesterday Tomorrow Last "
    "Next More Such Like Unlike Through Police Officials Authorities Mr Mrs Ms Dr He's She's It's They're "
    "We're I'm I've I'd That's There's Let's Don't Asked Having Being"
)
"""Words that begin sentences far more often than names do."""

NAMES_WITH_MARK = _words("yahoo jeopardy yum oklahoma mamma joomla moulin")
"""Names written with an exclamation mark."""

DOMAINS = _words("com org net co uk tv io gov edu info biz me eu de fr ca us au js py md txt pdf html php")
"""What follows a stop inside an address or a file's name."""
