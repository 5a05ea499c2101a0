"""Kinds of answers that the grader once got wrong, several of each: see docs/grading.md."""

import pytest

pytest.importorskip("math_verify")

from onelayer.envs.math import check_gold, grade_answer, grade_response

ANSWERS = [  # gold, answer, whether it is right
    (r"\frac{1}{2}n(n+1)", r"\sum_{k=1}^n k", True),
    (r"\sum_{i=1}^{n} i^2", r"\sum_{j=1}^{n} j^2", True),
    (r"\sum_{i=1}^{n} i^2", r"\sum_{j=1}^{n} j^3", False),
    (r"\sum_{k=0}^{\infty} \frac{x^k}{k!}", "e^{x}", True),
    (r"\prod_{k=1}^n k", "n!", True),
    ("2^n 3^n", "6^n", True),
    ("a2^b", r"a\cdot 2^b", True),
    (r"\pi 2^{3}", r"8\pi", True),
    ("(a+b)3", "3a+3b", True),
    ("n(n-1)2^{n-2}", r"n(n-1)\cdot2^{n-2}", True),
    (r"\cosh 70", r"\sinh 70", False),
    ("1", "1-e^{-150}", False),
    (r"\arctan(e^{200})", r"\frac{\pi}{2}", False),
    (r"\sqrt{10^{200}+1}", "10^{100}", False),
    (r"\sin(10^{-70})", "10^{-70}", False),
    (r"\ln(1+e^{-200})", "0", False),
    (r"\arctan\frac12+\arctan\frac13", r"\frac{\pi}{4}", True),
    (r"\ln 6", r"\ln2+\ln3", True),
    (r"\sqrt{2+\sqrt3}", r"\frac{\sqrt6+\sqrt2}{2}", True),
    (r"e^{\pi\sqrt{163}}", "262537412640768744", False),
    (r"\sqrt[3]{2+\sqrt5}+\sqrt[3]{2-\sqrt5}", "1", True),
    (r"\cos\frac{\pi}{7}-\cos\frac{2\pi}{7}+\cos\frac{3\pi}{7}", r"\frac12", True),
    (
        r"\frac{1}{\sqrt5}((\frac{1+\sqrt5}{2})^{200}-(\frac{1-\sqrt5}{2})^{200})",
        r"\frac{1}{\sqrt5}(\frac{1+\sqrt5}{2})^{200}",
        False,
    ),
    (r"\sqrt{2h/g}", r"\frac{\sqrt{2gh}}{g}", True),
    (r"\ln x^2", r"2\ln x", True),
    (r"\sqrt{x^2}", "|x|", True),
    (r"\sqrt{x^2}", "x", False),
    (r"\sqrt[3]{x^3}", "x", True),
    (r"\sqrt[3]{x^3}", "|x|", False),
    (r"\log_2(xy)", r"\log_2 x+\log_2 y", True),
    (r"\sqrt{(x-1)^2}", "x-1", False),
    ("x^{1/2}", r"\sqrt x", True),
    (r"\arcsin x", r"\frac{\pi}{2}-\arccos x", True),
    (r"\sqrt{1-x^2}", "(1-x^2)^{1/2}", True),
    ("y(0)e^{kt}", "e^{kt}y(0)", True),
    ("T(0)", "0", False),
    ("u(2)+1", "1", False),
    ("A(t)", "At", False),
    ("x(x+1)", "x^2+x", True),
    ("a(b+c)", "ab+ac", True),
    ("N_0e^{kt}", "N_0e^{kt}", True),
    ("k(1)", "k", False),
    (r"\phi(0)", "0", False),
    ("a(t)=2t", "2t", True),
    ("y(1)=3", "3", True),
    ("f(2)=5", "f(3)=5", False),
    (r"x=1 \qquad y=2", "x=1, y=2", True),
    (r"x=1 \\ y=2", "x=1, y=2", True),
    ("a=3\nb=4\nc=5", "a=3,b=4,c=5", True),
    ("a=3\nb=4\nc=5", "5", False),
    ("x=3, y=4", "x=3\ny=4", True),
    (r"x>1 \quad x<5", "x>1", False),
    ("x=2+3=5", "5", True),
    ("5", "x=2+2=5", False),
    ("10", "2+3=5=10", False),
    ("f(1)=f(3)=7", "f(1)=f(2)=7", False),
    ("f(1)=f(3)=7", "f(3)=f(1)=7", True),
    ("AB=CD=5", "AB=EF=5", False),
    ("AB=CD=5", "5", True),
    ("18", "$18/day", True),
    (r"\$18", r"\$18 per hour", True),
    (r"\$18 per day", r"\$18 per hour", False),
    ("18", "€18 a day", True),
    ("7 (dogs)", "7", True),
    ("7 (dogs)", "7 cats", False),
    ("7 (dogs)", "7 dogs", True),
    ("12.5 (miles per hour)", "12.5", True),
    (r"x\approx 2.35", "2.35", True),
    (r"\frac{22}{7}\approx 3.14", r"\frac{22}{7}", True),
    (r"\frac{22}{7}\approx 3.14", "3.14", True),
    (r"\frac{22}{7}\approx 3.14", "3.15", False),
    ("5", "5 thousand", False),
    ("5000", "5 thousands", True),
    ("1/2", "5 tenths", True),
    ("5", "5 lakh", False),
    ("500000", "5 lakh", True),
    ("24", "2 dozens", True),
    ("5", "5 quarters", True),
    ("5", "5 hundredths", False),
    ("0.05", "5 hundredths", True),
    ("(-3,3)", "|x|<3", True),
    ("[-1,5]", r"|x-2|\leq 3", True),
    (r"(-\infty,-2)\cup(2,\infty)", "2<|x|", True),
    (r"(0,1)\cup(1,2)", "(0,2)", False),
    (r"[0,1)\cup[1,2]", "[0,2]", True),
    (r"\{1,2\}\cup\{3\}", r"\{1,2,3\}", True),
    (r"\frac12", "0.5000000000000001", True),
    (r"\frac13", "0.3333333333333333", True),
    (r"\sqrt3", "1.7320508075688772", True),
    (r"\sqrt3", "1.7320508075698772", False),
    ("0.3", "0.30000000000000004", True),
    ("0.3", "0.31", False),
    (r"\begin{cases}x=1\\y=2\end{cases}", "(1,2)", True),
    (r"\left\{\begin{array}{l}x=1\\y=2\end{array}\right.", "x=1,y=2", True),
    (
        r"f(x)=\begin{cases}x&\text{if }x>0\\0&\text{otherwise}\end{cases}",
        r"f(x)=\begin{cases}x,&x>0\\0,&\text{otherwise}\end{cases}",
        True,
    ),
    (
        r"f(x)=\begin{cases}x&x>0\\0&x\le0\end{cases}",
        r"f(x)=\begin{cases}x&x>0\\1&x\le0\end{cases}",
        False,
    ),
    (r"\begin{pmatrix}1\\2\end{pmatrix}", r"\mathbf{x}=\begin{pmatrix}1\\2\end{pmatrix}", True),
    (r"\begin{pmatrix}1\\2\end{pmatrix}", r"\mathbf{x}=\begin{pmatrix}1\\3\end{pmatrix}", False),
    (r"90-\alpha", r"90^\circ-\alpha", True),
    ("180-2x", r"180^{\circ}-2x", True),
    (r"\sin x+C", r"\sin x+c", True),
    (r"\sin x+C", r"\sin x+K", True),
    (r"\sin x+C", r"\sin x", False),
    (r"\sin x+C", r"\sin x + 3", False),
    ("B+C", "B+c", False),
    ("C(10,3)", "120", False),
    ("C_{5}^{2}", "10", True),
    (r"A\cap B", r"A\cup B", False),
    ("x=5", "3x=15", False),
    ("x=5", "5=x", True),
    ("x = 5", "x-5=0", False),
    ("y=2x+1", "2y=4x+2", True),
]
RESPONSES = [
    ("5", r"So it is $\boxed{5}!$.", False),
    ("5", r"\boxed{5}/4", False),
    ("5", r"The answer is \boxed{5}!", True),
    ("5", r"$x = \boxed{5}$", True),
    ("5", r"\[ x = 2+3 = \boxed{5} \]", True),
    ("5", r"\( \boxed{5} \)", True),
    ("5", r"Thus $\boxed{5}$ cm.", True),
    ("-5", r"$x=-\boxed{5}$", True),
    ("-5", r"the answer is -\boxed{5}", True),
    ("5", r"$3-\boxed{5}$", False),
    ("5", r"$\boxed{5}\text{ cm}$", True),
    ("5", r"\begin{align*} x &= \boxed{5}. \end{align*}", True),
    ("5", r"$\boxed{5}^2$", False),
    ("5", r"$\sqrt{\boxed{5}}$", False),
    ("5", r"$2\cdot\boxed{5}$", False),
    ("5", r"It isn't \boxed{5}", False),
    ("5", r"$\angle B = \boxed{5}^\circ$", True),
    ("5", r"$$\boxed{5}$$", True),
    ("5", r"$\text{Answer: }\boxed{5}$", True),
    ("5", r"$\therefore \boxed{5}$", True),
    ("5", r"$\Rightarrow\boxed{5}$", True),
    ("5", r"$a:b=\boxed{5}$", True),
    ("5", r"$f(2)=\boxed{5}$ and done", True),
    ("5", r"**Answer:** $\boxed{5}$", True),
    ("5", r"$\boxed{5} = x$", True),
    ("5", r"$\boxed{5}$ (m)", True),
    ("5", r"$\boxed{5}x$", False),
    ("5", r"$\log_{\boxed{5}} 2$", False),
    ("5", r"We get $\boxed{5}+1=6$", False),
    ("A", r"\boxed{A. B. C. D. E.}", False),
    ("A", "A. B. C. D. E.", False),
    ("5", r"First \boxed{5}. Hence \boxed{", False),
    ("5", "I found 5 but I don't know.", False),
    ("7", r"Put it in \boxed{}. So \boxed{7}", True),
    ("B", r"\boxed{42} so (B)", True),
]


@pytest.mark.parametrize(("gold", "answer", "expected"), ANSWERS)
def test_an_answer_of_the_kind_is_graded_as_a_teacher_would(gold, answer, expected):
    grade = grade_answer(answer, gold)
    assert grade.correct is expected, grade


@pytest.mark.parametrize(("gold", "response", "expected"), RESPONSES)
def test_what_stands_around_a_box_is_seen(gold, response, expected):
    grade = grade_response(response, gold)
    assert grade.correct is expected, grade


PROSE = (
    "The P-value 0.22 does not imply the null hypothesis is correct. It may be that we have just not taken a "
    "large enough sample size to detect a difference."
)


def test_a_gold_of_prose_is_taken_at_its_word_and_refused_where_golds_are_checked():
    assert not grade_answer("0.22", PROSE).correct
    assert not grade_response(r"\boxed{0.22}", PROSE).correct
    assert grade_response(rf"\boxed{{{PROSE}}}", PROSE).correct
    with pytest.raises(ValueError, match="prose, 29 words"):
        check_gold(PROSE)
    check_gold(PROSE + r" So the answer is $\boxed{0.22}$.")
