"""Words that the guards know: which carry no meaning of their own, which mean the same, which the opposite. English."""

from collections.abc import Mapping
from types import MappingProxyType


def _set(text: str) -> frozenset[str]:
    return frozenset(text.split())


STOP = _set("""
a an the this that these those it its itself i me my mine we us our ours you your yours one's am is are was were be been
being do does did done doing have has had having will would shall should can could may might must of to in on at for
with as and or but if so then there here what which who whom whose when where why how s t re ve ll d m into onto out up
down off from by about over under before after than between through during within against per via until since not no nor
he she him her his hers they them their theirs some any such just also too very really get gets got getting let lets us
one
""")
"""Words whose part in the meaning, where they have one, is judged by a guard of its own."""

FILLER = _set("""
please kindly tell explain describe show know need want like would help thanks thank hello hi hey exactly actually
basically simply quickly briefly question answer wonder wondering possible way ways method process steps step proper
properly correct correctly right going go okay ok ahead give provide me someone person people best good
define definition mean means meaning
""")
"""Words that can be left out of a question without asking another one."""

INTERROGATIVES = _set("who whom whose when where why")
"""What `how`, `what` and `which` ask for depends on the rest; what these ask for does not."""

QUANTITIES = _set("many much long often far old big tall deep fast soon")
"""Behind `how` they make a question of their own."""

NEGATIONS = _set("""
not no never none nobody nothing nowhere neither nor cannot without unable unless except hardly barely lack lacks
lacking minus
""")

SIGNIFICANT = _set("""
from by before after than over under against up down off out until since within without above below between except
versus vs across behind beyond around
""")
"""Small words that turn a meaning round; two prompts have the same of them."""

DIRECTIONAL = _set("to into from than before after over under by with for against via versus vs above below and")
"""Between two things they say which is which."""

PAST = _set("was were did had used")
FUTURE = _set("will shall 'll going")

OBLIGED = _set("must should ought need needs have has")
ABLE = _set("can could may might")

FIRST_PERSON, SECOND_PERSON = _set("i me my mine we us our ours"), _set("you your yours")
POSSESSIVES: Mapping[str, str] = MappingProxyType(
    {"my": "1", "our": "1", "your": "2", "his": "he", "her": "she", "their": "they"}
)

NUMBERS: Mapping[str, str] = MappingProxyType({
    "zero": "0", "two": "2", "three": "3", "four": "4", "five": "5", "six": "6", "seven": "7",
    "eight": "8", "nine": "9", "ten": "10", "eleven": "11", "twelve": "12", "thirteen": "13", "fourteen": "14",
    "fifteen": "15", "sixteen": "16", "seventeen": "17", "eighteen": "18", "nineteen": "19", "twenty": "20",
    "thirty": "30", "forty": "40", "fifty": "50", "sixty": "60", "seventy": "70", "eighty": "80", "ninety": "90",
    "hundred": "100", "thousand": "1000", "million": "1000000", "billion": "1000000000", "dozen": "12",
    "half": "1/2", "quarter": "1/4", "once": "1x", "twice": "2x", "double": "2x", "thrice": "3x", "triple": "3x",
    "first": "1st", "second": "2nd", "third": "3rd", "fourth": "4th", "fifth": "5th", "tenth": "10th",
})  # fmt: skip

UNITS: Mapping[str, str] = MappingProxyType({
    word: unit
    for unit, words in {
        "%": "% percent percents pct", "km": "km kilometer kilometers kilometre kilometres", "mi": "mi mile miles",
        "m": "m meter meters metre metres", "cm": "cm centimeter centimeters centimetre centimetres",
        "mm": "mm millimeter millimeters", "ft": "ft foot feet", "in": "inch inches", "yd": "yd yard yards",
        "kg": "kg kilo kilos kilogram kilograms", "g": "g gram grams",
        "lb": "lb lbs pound pounds", "oz": "oz ounce ounces",
        "l": "l liter liters litre litres",
        "ml": "ml milliliter milliliters", "gal": "gallon gallons", "cup": "cup cups",
        "s": "s sec secs seconds", "min": "min mins minute minutes", "h": "h hr hrs hour hours", "d": "day days",
        "w": "week weeks", "mo": "month months", "y": "year years yr yrs", "ms": "ms millisecond milliseconds",
        "kb": "kb kilobyte kilobytes", "mb": "mb megabyte megabytes", "gb": "gb gigabyte gigabytes",
        "tb": "tb terabyte terabytes", "°c": "°c celsius", "°f": "°f fahrenheit", "$": "$ dollar dollars usd",
        "€": "€ euro euros eur", "£": "£ gbp", "px": "px pixel pixels", "w_": "watt watts", "v": "volt volts",
    }.items()
    for word in words.split()
})  # fmt: skip

DATES = _set("""
january february march april june july august september october november december monday tuesday wednesday thursday
friday saturday sunday today tomorrow yesterday tonight now currently recently morning afternoon evening night midnight
noon spring summer autumn winter weekday weekdays weekend weekends weekly daily monthly yearly hourly annually
""")

LANGUAGES = _set("""
python java javascript typescript rust golang c c++ c# ruby php perl kotlin swift scala haskell elixir erlang lua
julia r
matlab sql bash powershell html css dart fortran cobol lisp clojure ocaml zig nim english spanish french german
italian portuguese dutch
russian chinese mandarin japanese korean arabic hindi bengali turkish polish czech greek hebrew
latin swedish norwegian danish finnish ukrainian vietnamese thai indonesian linux windows macos android ios ubuntu
debian
""")
"""What is spoken, written, programmed in, or run on: never a matter of wording."""
