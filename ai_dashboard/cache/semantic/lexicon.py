"""Words that mean the same, and words that mean the opposite. English."""

from collections.abc import Mapping
from types import MappingProxyType

from ai_dashboard.cache.semantic.stems import stem


def _set(text: str) -> frozenset[str]:
    return frozenset(text.split())


def _groups(text: str) -> tuple[tuple[frozenset[str], ...], ...]:
    """Groups end with semicolons; what stands between bars are their poles."""
    return tuple(tuple(_set(pole) for pole in group.split("|")) for group in text.split(";"))


_SYNONYMS = _groups("""
fix repair resolve solve troubleshoot mend;
delete remove erase;
create make produce generate;
begin start launch commence;
finish complete end;
stop terminate;
change modify alter;
buy purchase acquire;
use utilize;
show display;
find locate;
big large huge;
small little tiny;
fast quick rapid speedy;
problem issue;
error failure fault;
picture image photo;
car automobile;
phone telephone cellphone;
movie film;
cause reason;
difference differ differences distinction;
setup configure configuration;
install installation;
compute calculate;
obtain retrieve fetch;
sign log login signin;
cook prepare;
function work operate;
summary summarize summarise;
rewrite rephrase;
kid child children kids;
doctor physician;
job occupation;
choose select pick;
keep retain;
price cost;
cheap inexpensive;
important significant;
example sample instance
""")

CANONICAL: Mapping[str, str] = MappingProxyType(
    {stem(word): stem(min(group)) for (group,) in _SYNONYMS for word in group}
)
"""One word for all that mean the same, by their stems."""

ANTONYMS = _groups("""
enable enabled activate activated on allow allowed permit | disable disabled deactivate deactivated off deny denied
    forbid block blocked prohibit;
increase increased raise grow rise rising boost higher up | decrease decreased reduce lower lowered shrink fall
    falling drop decline down cut;
start begin launch open boot resume continue | stop end finish close shut shutdown pause halt quit abort terminate
    cancel;
add insert append include attach join | remove delete drop exclude detach subtract leave erase;
install setup | uninstall;
buy purchase import | sell export;
hot warm heat heating | cold cool freeze freezing cooling;
fast quick rapid | slow sluggish;
big large huge tall long wide thick broad | small little tiny short narrow thin;
good better best great | bad worse worst poor terrible;
high highest higher maximum max maximize most greatest largest longest biggest | low lowest lower minimum min
    minimize least smallest shortest fewest;
more | less fewer;
before prior earlier previous | after later following next;
first initial oldest earliest | last final newest latest;
left | right;
top above over upper upward | bottom below under beneath lower downward;
inside indoor internal in inner interior | outside outdoor external out outer exterior;
win won victory | lose lost loss defeat;
accept approve agree | reject refuse decline disagree;
legal lawful | illegal unlawful;
safe secure | dangerous unsafe insecure risky;
true correct right | false incorrect wrong;
positive plus gain profit benefit advantage advantages pros | negative minus loss harm disadvantage disadvantages
    cons drawback drawbacks;
encrypt encode compress lock zip | decrypt decode decompress unlock unzip extract;
upload send push export write | download receive pull fetch import read;
save | discard;
love like | hate dislike;
alive living birth born live | dead death die died;
male man men boy boys he him his father son husband king brother uncle gentleman | female woman women girl girls she
    her hers mother daughter wife queen sister aunt lady;
ascending ascend | descending descend reverse reversed;
horizontal row rows | vertical column columns;
public | private;
hire employ | fire dismiss;
lend | borrow;
push | pull;
ask | answer;
teach | learn;
arrive arrival enter entrance entry | leave departure depart exit;
day | night;
morning | evening;
light bright | dark dim;
strong | weak;
rich wealthy | poor;
young new modern | old ancient;
wet | dry;
hard difficult | easy simple;
hard | soft;
full | empty;
heavy | light;
early | late;
north northern | south southern;
east eastern | west western;
acid acidic | base basic alkaline;
all every always everyone everything | none never nobody nothing;
all every both each | some either any;
always | sometimes rarely occasionally;
only | including also;
many much | few little;
mandatory required compulsory | optional voluntary;
active | inactive passive;
same similar similarities | different differences;
success succeed pass passed | fail failure failed;
local | remote global;
sync synchronous | async asynchronous;
static | dynamic;
client frontend | server backend;
input | output;
source | destination target;
parent | child children;
lossless | lossy;
vegetarian vegan meatless | meat beef chicken pork;
gain | lose;
expand zoom-in | collapse zoom-out;
mute | unmute;
hide conceal | show reveal display unhide;
merge combine | split separate;
attack | defend;
import | export;
debit | credit;
asset assets | liability liabilities;
supply | demand;
cause causes | effect effects consequence consequences;
symptom symptoms | cure treatment remedy;
mutable | immutable;
strict | loose lenient;
sober | drunk;
single | married;
married | divorced;
guilty | innocent;
freeze | melt thaw;
sunrise | sunset;
hero | villain
""")
"""Axes with two poles. A word may lie on several."""

AXES: Mapping[str, tuple[tuple[int, int], ...]] = MappingProxyType({
    found: tuple(
        (number, pole)
        for number, poles in enumerate(ANTONYMS)
        for pole, words in enumerate(poles)
        if found in {stem(word) for word in words}
    )
    for found in {stem(word) for poles in ANTONYMS for words in poles for word in words}
})  # fmt: skip
"""The axes and poles of a word, by its stem."""

PREFIXES = ("un", "in", "im", "ir", "il", "dis", "non", "de", "mis", "anti", "counter")
"""What turns a word into its opposite."""
