r"""Where a response states its answer.

In order: the last ``\boxed{}`` (several joined by ``and`` or commas are one list), ``<answer>``, ``#### 42``,
"the answer is", then the last mathematics or number of the text. Thinking between tags is not read.
"""

# ruff: noqa: RUF001  (responses in Chinese are announced with full-width colons)

import re

from onelayer.envs.math.grading.boxes import BOX, LETTERS, boxes_of, joined_boxes
from onelayer.envs.math.grading.letters import chosen_letter
from onelayer.envs.math.grading.prose import MATH, RUN, inside, trimmed
from onelayer.envs.math.grading.trailing import AROUND, REFUTED, SCALE, unit_behind

TAIL = 50_000
"""characters at the end of a response that are read"""
MAX_ANSWER = 4_000
LAST = 4_000
"""characters at the end in which the last formula or number is looked for"""

_HASHES = re.compile(r"####\s*([^\n]+)")
_HEADING = re.compile(r"[\s*_]*(?:\d{1,2}[.:)]\s+\D|[A-Za-z])")
_ANNOUNCED = re.compile(
    r"(?:\b(?:final\s+answer|correct\s+answer|answer|correct\s+(?:option|choice)|option|result|r[ée]ponse|respuesta|antwort)\b"
    r"(?:\s+(?:is|are|est|es|ist))?|答案(?:是|为)?)\s*[*_]*\s*(?:is|are|est|[:：=]|是|为)*\s*[*_]*\s*[:：]?\s*[*_]*\s*",
    re.IGNORECASE,
)
_SAID = re.compile(r"(?:\b(?:is|are|est|be|equals)\b|[:：=]|是|为)\s*[*_]*\s*[:：]?\s*[*_]*\s*$")
_NUMBER = re.compile(
    r"-?(?<!\d)\d{0,20}\\[dt]?frac\{[^{}]{1,40}\}\{[^{}]{1,40}\}"
    r"|(?<![A-Za-z0-9_.\\,])(?:[-−]|(?<![A-Za-z0-9_)])\+)?\s?(?:\\?\$|[€£¥₹])?\s?"
    r"(?:\d{1,3}(?:[, ]\d{3})+(?!\d)|\d+)?(?:[.,]\d+|(?<=\d))"
    r"(?:[eE][+-]?\d+|\s*/\s*\d+)?(?:\s*\\?%)?"
)
_CONTINUED = re.compile(
    r"\s*(?:(?:or )?(?:more|less|fewer|greater|larger|higher|above|below|at (?:most|least))"
    r"|times|plus|minus|squared|cubed|factorial|choose|to (?=\d)|(?:%|percent) of)\b"
)
"""words after a number that change what it means, such as "or more", "squared" and "% of" """
_SENTENCE_SAYS = re.compile(
    r"\b(?:is|are|be)\s+(?:an?\s+|the\s+)?([^\W\d_]+(?: [^\W\d_]+){0,2})[.!]?\s*\Z"
)
_HEDGED = re.compile(
    r"\b(?:not|never|cannot|could|might|may|would|if|neither)\b[^.]*\Z|n['’]t\b[^.]*\Z"
)
_HALF = r"\s*[aApP]\.?[mM]\b\.?|\s*(?:in )?base \d+"
_COMPUTED = re.compile(r"[\d.(][\d., ()=]*[-+*/x×][-\d., ()+*/x×=]*=\s*([-+]?[\d.,]*\d)")
"""``60 x 60/100 = 36``, where the x is no variable"""
_MONEY = re.compile(r"\d[^\\]*(?:[-+=*/]\s*$|[A-Za-z]{2,}\s)")
"""text between dollar signs that mean money, as in ``$720 + $270 = $990``, and do not delimit mathematics"""
_DENIED = re.compile(
    r"(?:\b(?:not|never|cannot|except|neither|choose|anything but)|n['’]t)(?: be| equal(?: to)?)*\s*$",
    re.IGNORECASE,
)
_GIVEN_UP = re.compile(
    r"\b(?:I|we) (?:give up|do not know|don['’]t know|(?:am|are) not sure|have no idea"
    r"|(?:can ?not|can['’]t|could not) (?:tell|say|solve|find|determine))\b[^.]*+\.?\s*+$",
    re.IGNORECASE,
)
_ORDINAL = re.compile(
    r"\b(?:[Ss]tep|[Cc]ase|[Pp]art|[Mm]ethod|[Ee]xample|[Ee]quation|[Qq]uestion|[Pp]roblem|[Ss]ection|Theorem|Lemma|Chapter|[Pp]age"
    r"|[Ff]igure|[Tt]able)\s+\(?\d+\b[.:)]*"
    r"|^\d{1,2}[.)](?=\s+\S)|\b\d+(?:st|nd|rd|th)\b",
    re.MULTILINE,
)
"""numbers that count the steps of a solution"""


def find_answer(
    response: str,
    *,
    join_boxes: bool = True,
    require_box: bool = False,
    letter: bool = False,
    unit: bool = False,
    marked: bool = False,
) -> str | None:
    """Return the answer as it is written, or None where the response states none.

    Args:
        response: the text; only its last ``TAIL`` characters are read.
        join_boxes: take boxes joined by ``and`` or commas as one list.
        require_box: take only an answer in a box.
        letter: the question is a multiple choice, so that a lone letter is an answer.
        unit: the reference has a unit, so a unit after the number belongs to the answer.
        marked: take only a marked answer, not just the last formula or number.
    """
    # runs of white space would make the searches below quadratic
    text = re.sub(r"[^\S\n]+", " ", response[-TAIL:])
    text = _without_thinking(re.sub(r" ?\n[\n ]*", "\n", text))
    boxes = boxes_of(text)
    if boxes and not (letter and not require_box and not any(LETTERS.match(b[2]) for b in boxes)):
        boxed = joined_boxes(text, boxes, join_boxes)
        if letter and boxed and len(boxed) == 1:
            return boxed.upper()
        return boxed + unit_behind(text[boxes[-1][1] :]) if boxed and unit else boxed
    if require_box or (BOX.search(text) and not boxes):
        return None
    certain = (_tagged, _hashed, *(() if marked else (_bare,)))
    likely = (chosen_letter if letter else _announced, _announced)
    for find in (*certain, *likely, *(() if marked else (_last_mathematics,))):
        answer = find(text)
        if answer is not None:
            answer = answer[:MAX_ANSWER].strip()
            if unit and answer:
                answer += unit_behind(text[text.rfind(answer) + len(answer) :])
            return answer or None
    return None


def _without_thinking(text: str) -> str:
    text = re.split(r"</think(?:ing)?>", text)[-1]
    text = re.split(r"<think(?:ing)?>", text)[0]  # an unfinished thought states no answer
    text = re.sub(r"<\|[^|<>]{1,30}\|>(?:user|assistant)?|</s>", " ", text)
    return text.strip()


def _tagged(text: str) -> str | None:
    before, closed, _ = text.rpartition("</answer>")
    _, opened, answer = before.rpartition("<answer>")
    return answer.strip() if closed and opened else None


def _hashed(text: str) -> str | None:
    """What follows the last ``####`` that does not begin a Markdown heading."""
    found = [
        match[1].strip()
        for match in _HASHES.finditer(text)
        if not (_HEADING.match(match[1]) and text[match.end() :].strip())
    ]
    return found[-1] if found else None


def _bare(text: str) -> str | None:
    """The whole text, where it is one line without prose."""
    if len(text) > 1000:
        return None
    plain = re.sub(r"\\[A-Za-z]+|sqrt|sin|cos|tan|log|exp", " ", text)
    prose = re.search(r"[^\W\d_]{3,}|[^\W\d_]{2,}\s|[#:]", plain) or "\n" in text
    return None if prose or not re.search(r"\d", text) or "$" in text else text


def _announced(text: str) -> str | None:
    """The answer after the last "answer is" that is followed by one."""
    for match in reversed(list(_ANNOUNCED.finditer(text))[-20:]):
        tail = text[match.end() : match.end() + MAX_ANSWER]
        if not _SAID.search(match[0][-100:]):
            continue
        stated = _stated(tail)
        if stated is not None:
            return stated
    return None


def _stated(tail: str) -> str | None:
    """The mathematics, number or words at the beginning of ``tail``."""
    math = MATH.match(tail)
    if math:
        return _joined_mathematics(tail, math)
    sentence = _sentence(tail)
    if not sentence:
        return None
    said = list(
        re.finditer(
            r"\b(?:is|are|equals|be|est)\s+(?:also |thus |simply |approximately |about |equal to )*",
            sentence,
        )
    )
    said = [m for m in said if sentence[: m.start()].count("$") % 2 == 0]
    if said and re.match(r"[$\\\d(\[+-]", sentence[said[-1].end() :]):
        return _stated(sentence[said[-1].end() :])
    stated = (m for m in MATH.finditer(sentence) if not _DENIED.search(sentence[: m.start()]))
    math = next(stated, None)
    if math and len(sentence[: math.start()].split()) <= 8:
        return _joined_mathematics(sentence, math)
    run = RUN.match(sentence)
    if run and (plain := trimmed(run[0])):
        if _CONTINUED.match(sentence[run.end() :]):
            return sentence
        unit = re.match(
            rf"\s*(?:\\?%|percent\b|degrees?\b|°)|{SCALE}|{_HALF}", sentence[run.end() :]
        )
        return plain + (unit[0] if unit else "")
    if (len(sentence.split()) > 4 or not sentence.isascii()) and (found := _last_number(sentence)):
        money = re.findall(r"\d+(?=\s?[$€£¥])", sentence)
        return money[-1] if money else found
    return sentence


def _sentence(tail: str) -> str:
    line = tail.strip().split("\n", 1)[0]
    return re.split(r"[.!?。](?:\s|$)|<\|", line, maxsplit=1)[0].strip(" *_")


def _joined_mathematics(text: str, match: re.Match[str]) -> str:
    """``$21,16$ or $11$`` is one answer."""
    parts, end = [inside(match)], match.end()
    while True:
        joint = re.compile(r"\s*(?:,|and|or|,\s*and|,\s*or)\s*").match(text, end)
        following = MATH.match(text, joint.end()) if joint else None
        if following is None:
            behind = re.compile(rf"\s*\\?%|{SCALE}").match(text, end)
            unit = behind[0].strip().replace("%", r"\%").replace("\\\\", "\\") if behind else ""
            return ", ".join(parts) + (" " + unit if unit else "")
        parts.append(inside(following))
        end = following.end()


def _last_mathematics(text: str) -> str | None:
    """The last formula, or the last number where it comes after the last formula."""
    if _GIVEN_UP.search(text[-AROUND:]):
        return None
    text = _ORDINAL.sub(" ", text[-LAST:])
    text = re.sub(r"(?<=\d)\s*\\?\$(?!\d)", " ", text) if text.count("$") % 2 else text
    formulas = list(MATH.finditer(text))
    if any(m[2] and _MONEY.match(m[2]) for m in formulas):
        text, formulas = text.replace("$", ""), []
    number = _last_number_match(text)
    if formulas and (number is None or number.start() < formulas[-1].end()):
        first = formulas[-1]
        for earlier in reversed(formulas[:-1]):
            if not re.fullmatch(
                r"\s*(?:,|and|or|,\s*and|,\s*or)\s*", text[earlier.end() : first.start()]
            ):
                break
            first = earlier
        refuted = REFUTED.match(text[formulas[-1].end() :][:40])
        if refuted or _DENIED.search(text[: first.start()][-40:]):
            return _last_number(text[: first.start()])
        return _joined_mathematics(text, first)
    if number is None:
        bold = list(re.finditer(r"\*\*([^*\n]{1,60})\*\*", text))
        stated = [m[1] for m in bold if not _DENIED.search(text[: m.start()][-40:])]
        if bold:
            return stated[-1] if stated else None
        if said := _SENTENCE_SAYS.search(text):
            return None if _HEDGED.search(text[: said.start(1)]) else said[1]
        return text if len(text) <= 100 and len(text.split()) <= 5 and text else None
    if len(text) <= 40 and not re.search(r"[A-Za-z]{2,}(?:[\s:,]|\. )", text):
        return text
    money = re.fullmatch(r"\W*[$€£¥].*|.*[$€£¥]", number[0].strip())
    if not money:
        return _last_number(text)
    scale = re.compile(SCALE).match(text, number.end())
    return number[0].strip() + (scale[0] if scale else "")


def _last_number_match(text: str) -> re.Match[str] | None:
    return next(reversed(list(_NUMBER.finditer(text[-LAST:]))), None)


def _last_number(text: str) -> str | None:
    """The last run of plain mathematics that holds a digit: ``2√3`` and not its ``3``."""
    text = text[-LAST:]
    for run in reversed(list(RUN.finditer(text))):
        plain = trimmed(run[0])
        if plain:
            before, behind = text[: run.start()], text[run.end() :]
            if _DENIED.search(before[-40:]) or REFUTED.match(behind[:40]):
                continue
            unit = re.match(rf"\s*\\?%|{SCALE}|{_HALF}", behind)
            if computed := _COMPUTED.fullmatch(plain):
                plain = computed[1]
            sign = "-" if re.search(r"\b(?:negative|minus)\s*$", before[-20:]) else ""
            return sign + plain + (unit[0] if unit else "")
    return None
