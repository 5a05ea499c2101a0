r"""Normalizes notation: ``\dfrac``, ``½``, ``\left(``, ``$...$``, ``1{,}800`` and the like become plain.

No rule here changes the meaning; ``kinds`` decides what an answer *is*.
"""

# ruff: noqa: RUF001  (the table below is about characters that look alike)

import re
import unicodedata

_CHARACTERS = {
    "−": "-", "–": "-", "—": "-", "‐": "-", "‑": "-", "×": r"\times ", "·": r"\cdot ", "⋅": r"\cdot ",
    "∙": r"\cdot ",
    "÷": "/", "⁄": "/", "∕": "/", "≤": r"\leq ", "≥": r"\geq ", "⩽": r"\leq ", "⩾": r"\geq ",
    "≠": r"\neq ",
    "≈": r"\approx ", "≡": r"\equiv ", "∞": r"\infty ", "∅": r"\emptyset ", "∈": r"\in ",
    "∪": r"\cup ", "∩": r"\cap ",
    "±": r"\pm ", "∓": r"\mp ", "°": r"^\circ ", "º": r"^\circ ", "′": "'", "’": "'", "‘": "'",
    "“": '"', "”": '"',
    "ℝ": r"\mathbb{R}", "ℤ": r"\mathbb{Z}", "ℕ": r"\mathbb{N}", "ℚ": r"\mathbb{Q}", "ℂ": r"\mathbb{C}",
    "π": r"\pi ", "θ": r"\theta ", "α": r"\alpha ", "β": r"\beta ", "γ": r"\gamma ", "δ": r"\delta ",
    "λ": r"\lambda ",
    "μ": r"\mu ", "σ": r"\sigma ", "τ": r"\tau ", "φ": r"\varphi ", "ϕ": r"\phi ", "ω": r"\omega ",
    "ε": r"\epsilon ",
    "ρ": r"\rho ", "η": r"\eta ", "ψ": r"\psi ", "Δ": r"\Delta ", "Ω": r"\Omega ", "Σ": r"\Sigma ",
    "⌊": r"\lfloor ", "⌋": r"\rfloor ", "⌈": r"\lceil ", "⌉": r"\rceil ", "∖": r"\setminus ",
    "→": r"\to ",
    "，": ",", "；": ";", "：": ":", "（": "(", "）": ")", "。": ".", "、": ", ", "％": r"\%", "＝": "=",
    "\u00a0": " ", "\u2009": r"\,", "\u202f": r"\,", "\u2002": " ", "\u2003": " ", "\u200b": "",
    "\u2060": "", "\ufeff": "", 
    "∗": r"\cdot ", "✕": r"\times ", "✖": r"\times ", "⨯": r"\times ",
}  # fmt: skip
_CHARACTERS |= dict.fromkeys(
    "\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069", ""
)
_SUPERSCRIPTS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻ⁿ", "0123456789+-n")
_SUBSCRIPTS = str.maketrans("₀₁₂₃₄₅₆₇₈₉", "0123456789")
_STACKED = re.compile("(?<![⁰¹²³⁴⁵⁶⁷⁸⁹])[⁰¹²³⁴⁵⁶⁷⁸⁹]+[⁄/][₀₁₂₃₄₅₆₇₈₉]+")

PLAIN_NUMBER = re.compile(r"-?\d{1,100}(?:\.\d{1,100})?", re.ASCII)
"""matches most answers, which are plain already"""
_SIZES = (
    r"left|right|[bB]igg?[lrm]?|displaystyle|textstyle|scriptstyle|limits|nolimits|mathstrut|strut"
    r"|mathopen|mathclose|hfill|newline|allowbreak|tiny|small|normalsize|large|Large|LARGE|huge|Huge"
)
_NAMES = {
    "dfrac": "frac", "tfrac": "frac", "cfrac": "frac", "dbinom": "binom", "tbinom": "binom",
    "le": "leq", "leqslant": "leq",
    "leqq": "leq", "ge": "geq", "geqslant": "geq", "geqq": "geq", "ne": "neq",
    "varnothing": "emptyset", "O": "emptyset",
    "lbrack": "[", "rbrack": "]", "lbrace": "{", "rbrace": "}", "vert": "|", "lvert": "|",
    "rvert": "|", "mid": "|",
    "ast": "cdot", "mbox": "text", "textnormal": "text", "textup": "text", "hbox": "text",
    "textrm": "text",
    "textsf": "text", "texttt": "text", "textbf": "text", "textit": "text", "emph": "text", "bf": "",
    "rm": "", "it": "",
    "mathsf": "mathrm", "mathit": "mathrm", "mathtt": "mathrm", "boldsymbol": "mathbf", "bm": "mathbf",
    "pmb": "mathbf",
    "smallsetminus": "setminus", "backslash": "setminus", "bigcup": "cup", "bigcap": "cap",
    "ldots": "dots", "cdots": "dots",
    "dotsc": "dots", "degree": "circ", "imath": "i", "arcctg": "arccot", "tg": "tan", "ctg": "cot",
    "arctg": "arctan",
    "approxeq": "approx", "simeq": "approx", "doteq": "approx", "thickapprox": "approx", "lparen": "(",
    "rparen": ")",
    "colon": ":", "langle": "(", "rangle": ")", "infinity": "infty", "div": "div",
}  # fmt: skip
_BARE = {"[": "[", "]": "]", "|": "|", "": "", "(": "(", ")": ")", "i": "i ", ":": ":"}
_COLOR = re.compile(r"\\(?:text)?color\s*\{[A-Za-z]+\}")
_ALIGNED = re.compile(r"\\(?:begin|end)\{(?:aligned|align\*?|gathered|equation\*?|split)\}")
_APART = re.compile(r"\n|\\q?quad(?![A-Za-z])|\\\\(?![A-Za-z])")
_SIGN = re.compile(r"[=<>≤≥≠]|\\(?:leq?|geq?|neq?|in)(?![A-Za-z])")
_WRAPPER = re.compile(
    r"\\(?:boxed|fbox|framebox|text|mathrm|mathbf|underline|ensuremath|operatorname\*?|displaystyle)\s*\{"
)


def clean(text: str) -> str:
    """Return ``text`` in plain notation, without the delimiters of mathematics around it.

    ``text`` should be at most a few thousand characters: some rules take quadratic time.
    """
    if PLAIN_NUMBER.fullmatch(text):
        return text
    if text.replace(" ", "") in ("{}", "${}$"):
        return r"\{\}"
    text = _separate_statements(_repair_escapes(text))
    text = re.sub(r"\s+", " ", text)
    text = _characters(text)
    text = re.sub(r"</?(?:b|i|u|em|strong|span|p|br|code|mark)\s*/?>", "", text)
    text = _dollars(text)
    text = _COLOR.sub("", text)
    if "\\\\" not in text and _ALIGNED.search(text):  # one line needs no environment
        text = _ALIGNED.sub(" ", text).replace("&", " ")
    text = _spacing(text)
    text = re.sub(rf"\\(?:{_SIZES})(?![A-Za-z])\.?", "", text)
    text = re.sub(r"\\([A-Za-z]+)", _rename, text)
    text = text.replace(r"\lt", "<").replace(r"\gt", ">")
    text = re.sub(r"(?<=[\w)}\]])\s*\*\*\s*(?=[\w({\\-])", "^", text)
    text = re.sub(r"(?<![A-Za-z\\])infinity(?![A-Za-z])", r"\\infty", text)
    text = re.sub(r"(?<=\d) ?[xX] ?(?=10\s*\^)", r"\\times ", text)
    text = text.replace("<=", r"\leq ").replace(">=", r"\geq ")
    text = re.sub(r"(?<![\d)}])!=", r"\\neq ", text)
    if r"\over" in text:
        text = re.sub(
            r"\{\s*([^{}]*?)\s*\\over(?![A-Za-z])\s*([^{}]*?)\s*\}", r"\\frac{\1}{\2}", text
        )
    if r"\choose" in text:
        text = re.sub(
            r"\{\s*([^{}]*?)\s*\\choose(?![A-Za-z])\s*([^{}]*?)\s*\}", r"\\binom{\1}{\2}", text
        )
    text = re.sub(r"\\(?:mathrm|operatorname)\s*\{\s*([A-Za-z])\s*\}", r"\1", text)
    text = re.sub(r"\\operatorname\s*\{\s*([a-z]{2,6})\s*\}", r"\\\1 ", text)
    text = re.sub(
        r"\\(vec|overline|bar|hat|mathbf|mathcal)\s+([A-Za-z])(?![A-Za-z])", r"\\\1{\2}", text
    )
    text = re.sub(r"\\text\s*\{\s*(-?\d+(?:\.\d+)?)\s*\}", r"\1", text)
    return unwrap(re.sub(r"\s+", " ", text))


def _separate_statements(text: str) -> str:
    r"""Put commas between equations on two lines or ``\quad`` apart, which are not one chain."""
    if r"\begin" in text or ("(" in text and ")" not in text):
        return text
    pieces = [piece.strip(" ,;$") for piece in _APART.split(text)]
    pieces = [piece for piece in pieces if piece]
    return ", ".join(pieces) if len(pieces) > 1 and all(map(_is_statement, pieces)) else text


def _is_statement(text: str) -> bool:
    """Whether something stands on both sides of a relation sign, as in an equation."""
    sign = _SIGN.search(text)
    return sign is not None and bool(text[: sign.start()].strip() and text[sign.end() :].strip())


def unwrap(text: str) -> str:
    """Remove what stands around the whole: quotes, emphasis, boxes, fonts, braces, final punctuation."""
    while True:
        before = text
        text = text.strip().rstrip(",;").removeprefix("=").strip()
        if text.endswith(".") and not text.endswith("..."):
            text = text[:-1].rstrip()
        if text.endswith("\\"):
            text = text.rstrip("\\").rstrip()
        for mark in ("**", "__", "`", '"', "*", "_", "'"):
            if len(text) > 2 * len(mark) and text.startswith(mark) and text.endswith(mark):
                text = text[len(mark) : -len(mark)]
                break
        match = _WRAPPER.match(text)
        if match and closing(text, match.end() - 1) == len(text) - 1:
            text = text[match.end() : -1]
        elif text.startswith("{") and closing(text, 0) == len(text) - 1 and "," not in text:
            text = text[1:-1]
        if text == before:
            return text


def closing(text: str, opening: int) -> int:
    """Return where the bracket at ``opening`` closes, -1 where it does not.

    A bracket may be closed by one of another kind, since intervals mix them: ``[0, 1)``.
    """
    depth = 0
    for i in range(opening, len(text)):
        if text[i] in "([{":
            depth += 1
        elif text[i] in ")]}":
            depth -= 1
            if depth == 0:
                return i
    return -1


def _repair_escapes(text: str) -> str:
    r"""Undo string literals: ``\f`` of ``\frac``, ``\b`` of ``\boxed``, double backslashes."""
    text = text.replace("\x0c", r"\f").replace("\x08", r"\b")
    text = re.sub(r"\t(?=ext|frac|imes|heta|an\b)", r"\\t", text)
    text = re.sub(r"\r(?=ight|floor|ceil)", r"\\r", text)
    if r"\begin" not in text:
        text = re.sub(r"\\\\(?=[A-Za-z{}!,;%$])", r"\\", text)
    return text


def _characters(text: str) -> str:
    if text.isascii():
        return text
    text = _STACKED.sub(lambda m: m[0].translate(_SUPERSCRIPTS).translate(_SUBSCRIPTS), text)
    text = re.sub("[⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻ⁿ]+", lambda m: "^{" + m[0].translate(_SUPERSCRIPTS) + "}", text)
    text = re.sub("[₀₁₂₃₄₅₆₇₈₉]+", lambda m: "_{" + m[0].translate(_SUBSCRIPTS) + "}", text)
    for sign, root in (("√", r"\\sqrt"), ("∛", r"\\sqrt[3]"), ("∜", r"\\sqrt[4]")):
        text = re.sub(sign + r"\s*\(([^()]*)\)", root + r"{\1}", text)
        text = re.sub(sign + r"\s*(\d+(?:\.\d+)?|[A-Za-z])", root + r"{\1}", text)
    out = []
    for character in text:
        if character in _CHARACTERS:
            out.append(_CHARACTERS[character])
        elif unicodedata.category(character) == "Nd":
            out.append(str(unicodedata.decimal(character)))
        elif unicodedata.category(character) == "No" and "⁄" in unicodedata.normalize(
            "NFKC", character
        ):
            upper, lower = unicodedata.normalize("NFKC", character).split("⁄")
            out.append(rf"\frac{{{upper}}}{{{lower}}}")
        elif "\uff01" <= character <= "\uff5e":
            out.append(unicodedata.normalize("NFKC", character))
        else:
            out.append(character)
    return "".join(out)


def _dollars(text: str) -> str:
    r"""Remove ``$...$``, ``\(...\)``, ``\[...\]``; keep a dollar that is money, as ``\$``."""
    text = re.sub(r"\\[()\[\]]", " ", text) if re.search(r"\\[(\[]", text) else text
    text = text.replace(r"\$", "\x00").replace("$$", "$")
    text = text.replace("$", "" if text.count("$") % 2 == 0 else "\x00")
    return text.replace("\x00", r"\$")


def _spacing(text: str) -> str:
    r"""Join digits grouped by ``{,}``, ``,\!`` or thin spaces; every other space is a plain one."""
    text = re.sub(r"(?<=\d)\s*(?:\{\s*,\s*\}|,\s*\\!|\\!,)\s*(?=\d)", "\x01", text)
    text = re.sub(
        r"(?<![\d.,])\d{1,3}(?:(?:\\,|\\ |~)\d{3})+(?!\d)",
        lambda m: re.sub(r"\\,|\\ |~", "", m[0]),
        text,
    )
    text = text.replace("\x01", "")
    if r"\begin" in text:
        text = text.replace("\\\\", "\x02")
    text = re.sub(
        r"\\(?:[,!;:> ]|quad(?![A-Za-z])|qquad(?![A-Za-z])|hspace\*?\{[^{}]*\})", " ", text
    )
    return text.replace("~", " ").replace("\x02", "\\\\")


def _rename(match: re.Match[str]) -> str:
    name = _NAMES.get(match[1], match[1])
    if name == match[1]:
        return match[0]
    if name in ("{", "}"):
        return "\\" + name
    return _BARE[name] if name in _BARE else "\\" + name
