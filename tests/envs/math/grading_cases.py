"""Answers and whether they answer the gold, by category: this project's own cases.

``==`` stands between a gold and what answers it, ``=/=`` between a gold and what does not. Written by hand.
"""

# ruff: noqa: RUF001  (characters that look alike are what some cases are about)

ANSWERS: dict[str, str] = {
    "integers": r"""
7  ==  7
7  ==  7.
7  ==  +7
7  ==  007
-7  ==  -7
-7  ==  −7
-7  ==  - 7
7  =/=  8
7  =/=  -7
7  =/=  77
7  =/=  7.5
0  ==  -0
0  =/=  0.0001
12  =/=  1 2
12  =/=  21
7  ==  $7$
7  ==  \(7\)
7  ==  \[7\]
7  ==  $$7$$
7  ==  **7**
7  ==  `7`
7  ==  "7"
7  ==  \boxed{7}
7  ==  \text{7}
7  ==  \mathbf{7}
7  ==  {7}
7  ==  (7)
7  ==  3+4
7  ==  21/3
7  =/=  22/3
42  ==  ４２
7  =/=  ++7++
7  =/=  7)
7  =/=  seven hundred
7  ==  seven
45  ==  forty-five
300  ==  three hundred
1000000  ==  1 million
2500000  ==  2.5 million
5  =/=  5 million
12  =/=  dozen
""",
    "thousands": r"""
1234567  ==  1,234,567
1234567  ==  1{,}234{,}567
1234567  ==  1,\!234,\!567
1234567  ==  1\,234\,567
1234567  ==  1 234 567
1234567.5  ==  1,234,567.5
-1200  ==  -1,200
1,200  ==  1200
1200  =/=  1,20
1200  =/=  12,00
1200  =/=  1,2000
1200  =/=  1.200,5
123  =/=  1,23
1,2,3  =/=  123
100,200  ==  100,200
$1,200  ==  1200
1200  ==  \$1,200
1200  ==  \$1{,}200.00
""",
    "decimals": r"""
0.5  ==  .5
0.5  ==  0.50
0.5  ==  1/2
2.5  ==  5/2
1.5  =/=  1.05
1.5  =/=  15
0.1  =/=  0.10001
0.3  =/=  1/3
0.33  =/=  1/3
\frac{1}{3}  =/=  0.33
\frac{1}{3}  =/=  0.333
\frac{1}{3}  ==  0.33333333
\frac{2}{3}  ==  0.66666667
\frac{2}{3}  ==  0.6666666
\frac{2}{3}  =/=  0.6666766
\frac{1}{8}  =/=  0.12500001
\frac{1}{8}  ==  0.125
\sqrt{3}  ==  1.7320508
\sqrt{3}  =/=  1.7320509
\sqrt{3}  =/=  1.73
\pi  ==  3.14159265
\pi  =/=  3.14
\pi  =/=  3.1416926
e  ==  2.718281828
e  =/=  2.718281830
2.74  ==  2,74
1  =/=  0.99999999
0.001  =/=  0.0010001
1000000.001  =/=  1000000.002
\frac{1}{3}  ==  0.\overline{3}
\frac{1}{6}  ==  0.1\overline{6}
\frac{1}{7}  ==  0.\overline{142857}
\frac{1}{3}  ==  0.333...
\frac{1}{3}  ==  0.(3)
0.\overline{27}  ==  \frac{3}{11}
0.\overline{27}  =/=  0.27
""",
    "fractions": r"""
\frac{3}{4}  ==  3/4
\frac{3}{4}  ==  \frac34
\frac{3}{4}  ==  \dfrac{3}{4}
\frac{3}{4}  ==  \tfrac34
\frac{3}{4}  ==  \frac{6}{8}
\frac{3}{4}  ==  0.75
\frac{3}{4}  ==  ¾
\frac{3}{4}  ==  3⁄4
\frac{3}{4}  ==  3 ÷ 4
\frac{3}{4}  =/=  \frac{4}{3}
\frac{3}{4}  =/=  34
\frac{3}{4}  =/=  \frac{3}{5}
-\frac{3}{4}  ==  \frac{-3}{4}
-\frac{3}{4}  ==  \frac{3}{-4}
-\frac{3}{4}  ==  -3/4
-\frac{3}{4}  =/=  3/4
\frac{3}{4}  ==  {3 \over 4}
3\frac{1}{2}  ==  7/2
3\frac{1}{2}  ==  3 1/2
3\frac{1}{2}  ==  3.5
3\frac{1}{2}  =/=  \frac{3}{2}
3\frac12  =/=  31/2
-3\frac{1}{2}  ==  -3.5
\frac{1}{2}+\frac{1}{3}  ==  5/6
\frac{a}{b}  ==  a/b
\frac{a}{b}  =/=  b/a
\frac{a+b}{2}  ==  \frac{a}{2}+\frac{b}{2}
\frac{a+b}{2}  ==  (a+b)/2
\frac{a+b}{2}  =/=  a + b/2
\frac{1}{x}  =/=  x
7  =/=  7/0
""",
    "powers and scientific notation": r"""
1500  ==  1.5 \times 10^3
1500  ==  1.5*10^3
1500  ==  1.5e3
1500  ==  1.5E+3
1500  ==  1.5 × 10³
0.0015  ==  1.5 \times 10^{-3}
0.0015  =/=  1.5 \times 10^{3}
6.02\times 10^{23}  ==  6.02e23
6.02\times 10^{23}  =/=  6.02e22
2^{10}  ==  1024
2^{10}  ==  2^10
2^{10}  ==  2**10
2^{10}  =/=  2^{11}
2^{10}  =/=  210
2^{-1}  ==  0.5
2^{100}  ==  1267650600228229401496703205376
2^{100}  =/=  1267650600228229401496703205377
10^{100}  =/=  10^{101}
10^{1000}  =/=  10^{1000}+1
3^{2^2}  ==  81
(3^2)^2  ==  81
(-2)^3  ==  -8
-2^2  ==  -4
(-2)^2  =/=  -4
x^2  =/=  x2
x^2  =/=  2x
x^{2}  ==  x²
x^{10}  =/=  x^{1}0
5!  ==  120
\binom{6}{2}  ==  15
\frac{7!}{5!}  ==  42
10!  =/=  10
""",
    "roots": r"""
\sqrt{8}  ==  2\sqrt{2}
\sqrt{8}  ==  2\sqrt2
\sqrt{8}  ==  2√2
\sqrt{8}  ==  2*sqrt(2)
\sqrt{8}  ==  8^{1/2}
\sqrt{8}  =/=  \sqrt[3]{8}
\sqrt[3]{8}  ==  2
\sqrt[3]{16}  ==  2\sqrt[3]{2}
\frac{1}{\sqrt{3}}  ==  \frac{\sqrt{3}}{3}
\frac{1}{\sqrt{3}}  =/=  \sqrt{3}
\sqrt{7+4\sqrt{3}}  ==  2+\sqrt{3}
\sqrt{7+4\sqrt{3}}  =/=  2-\sqrt{3}
\sqrt{2}+\sqrt{3}  =/=  \sqrt{5}
3\sqrt{2}  =/=  3+\sqrt{2}
1+\sqrt{2}  =/=  1-\sqrt{2}
\sqrt{-4}  ==  2i
\sqrt{x^2}  =/=  x
\sqrt{50}  ==  5\sqrt{2}
4  ==  \sqrt{16}
2\sqrt{5}\cdot 3  ==  6\sqrt{5}
\sqrt{10^{300}+1}  =/=  10^{150}
\pi\cdot 10^{-20}  =/=  2\pi\cdot 10^{-20}
\pi + 10^{-40}  =/=  \pi
""",
    "algebra": r"""
x+1  ==  1+x
x+1  =/=  x-1
2x+3  ==  3 + 2x
2x+3  ==  2*x+3
2x+3  ==  2\cdot x+3
2x+3  =/=  2y+3
2x+3  =/=  2X+3
x(x+1)  ==  x^2+x
(x+1)(x-1)  ==  x^2-1
(x+1)^2  ==  x^2+2x+1
(x+1)^2  =/=  x^2+1
(a+b)^3  ==  a^3+3a^2b+3ab^2+b^3
\frac{x^2-1}{x-1}  ==  x+1
ab  ==  ba
ab  =/=  a+b
abc  ==  a*b*c
x_1+x_2  ==  x_2+x_1
x_1  =/=  x_2
x_{12}  =/=  x_1
a_{n+1}  ==  a_{n+1}
a_{n+1}  =/=  a_n+1
|x-1|  ==  |1-x|
|x|  =/=  x
\frac{1}{2}x  ==  \frac{x}{2}
\frac{1}{2}x  =/=  \frac{1}{2x}
x^{-1}  ==  \frac{1}{x}
-x+1  ==  1-x
-(x-1)  ==  1-x
5x  =/=  5
2x  =/=  2
3x^2-2x+1  ==  1-2x+3x^2
3x^2-2x+1  =/=  3x^2+2x+1
2\pi r  ==  2 r \pi
\pi r^2  =/=  \pi r
4\pi  ==  4π
\frac{9}{4}\pi  ==  9π/4
n(n+1)/2  ==  \frac{n^2+n}{2}
n!  =/=  n
\lfloor x \rfloor  =/=  \lceil x \rceil - 1
\lfloor x \rfloor  =/=  x
f(x)  =/=  f(y)
""",
    "functions": r"""
\sin 2x  ==  2\sin x\cos x
\sin^2 x + \cos^2 x  ==  1
\sin x  =/=  \cos x
\tan x  ==  \frac{\sin x}{\cos x}
\sin(x)  ==  \sin x
\sin^{-1} x  ==  \arcsin x
\sin^{-1} x  =/=  \frac{1}{\sin x}
\cos 60^\circ  ==  \frac{1}{2}
\sin(\pi/6)  ==  0.5
\ln 2 + \ln 3  ==  \ln 6
\ln 2 + \ln 3  =/=  \ln 5
\log_2 8  ==  3
\log_{10} 1000  ==  3
\log 1000  ==  3
\ln e^2  ==  2
\log_2 3  ==  \frac{\ln 3}{\ln 2}
\log_2 3  =/=  \log_3 2
e^{2}  ==  e^2
e^{x+1}  ==  e\cdot e^x
e^{i\pi}  ==  -1
\exp(2)  ==  e^2
\max(3, 5)  ==  5
\gcd(12, 18)  ==  6
17 \bmod 5  ==  2
\lfloor 3.7 \rfloor  ==  3
\arctan 1  ==  \frac{\pi}{4}
\cot x  ==  \frac{1}{\tan x}
\cosh x  ==  \frac{e^x+e^{-x}}{2}
""",
    "complex numbers": r"""
3+4i  ==  4i+3
3+4i  =/=  3-4i
3+4i  =/=  3+4j
i^2  ==  -1
(1+i)^2  ==  2i
5  =/=  5i
\frac{1}{i}  ==  -i
-\frac{1}{2}+\frac{\sqrt{3}}{2}i  ==  \frac{-1+i\sqrt{3}}{2}
""",
    "equations": r"""
x=5  ==  5
x=5  ==  x = 5
x=5  ==  5 = x
x=5  ==  x=5.0
x=5  =/=  x=6
x=5  =/=  y=5
5  ==  x=5
5  ==  2+3=5
5  ==  x \approx 5
5  =/=  x=5, x=6
x=1,x=2  =/=  x=1
x=1\text{ or }x=2  ==  1, 2
x=1\text{ or }x=2  ==  x = 2 or x = 1
x=2, y=3  ==  (2,3)
x=2, y=3  ==  2, 3
x=2, y=3  =/=  3, 2
x=2, y=3  ==  y=3, x=2
x=2, y=3  =/=  x=3, y=2
(x,y)=(2,3)  ==  (2,3)
y=2x+1  ==  y = 1+2x
y=2x+1  ==  2x-y+1=0
y=2x+1  ==  y-2x=1
y=2x+1  ==  2y = 4x+2
y=2x+1  =/=  y=2x-1
y=2x+1  =/=  x=2y+1
y=2x+1  ==  2x+1
2x+y=1  =/=  1
7 = 11a+c  =/=  11a+c
x^2+y^2=4  ==  y^2+x^2-4=0
x^2+y^2=4  =/=  x^2+y^2=2
x^2+y^2=4  =/=  x^2-y^2=4
f(x)=x^2  ==  x^2
f(x)=x^2  ==  f(x)=x\cdot x
f(x)=x^2  =/=  f(x)=x^3
S = 42  ==  42
a_5=16  ==  16
AB=4, CD=5  ==  4, 5
|AB| = 3  ==  3
2x = 10  ==  x = 5
""",
    "inequalities": r"""
x>5  ==  5<x
x>5  ==  x \gt 5
x>5  =/=  x<5
x>5  =/=  x\geq 5
x>5  =/=  x>6
x>5  =/=  5
x\geq 5  ==  x>=5
x\geq 5  ==  x ≥ 5
x\geq 5  ==  x\geqslant 5
x\geq 5  ==  2x \geq 10
x\geq 5  =/=  2x \leq 10
x<1  ==  -x>-1
x<1  =/=  -x<-1
0<x<1  ==  1>x>0
0<x<1  =/=  0<x\leq 1
a<b<c  =/=  a<c<b
x\neq 3  ==  x != 3
x\neq 3  =/=  x=3
x\neq 3  ==  3 \neq x
x<5  ==  (-\infty,5)
x\leq 5  ==  (-\infty,5]
x\leq 5  =/=  (-\infty,5)
(-\infty,5]  =/=  x<5
(2,\infty)  ==  x>2
-1<x\leq 3  ==  (-1,3]
""",
    "intervals": r"""
[0,1]  ==  [0, 1]
[0,1]  ==  \left[0,1\right]
[0,1]  ==  x \in [0,1]
[0,1]  =/=  (0,1)
[0,1]  =/=  [0,1)
[0,1]  =/=  (0,1]
[0,1)  =/=  [0,2)
(0,1)  =/=  0,1
(0,1)  =/=  \{0,1\}
[\frac12,2]  ==  [0.5,2]
(-\infty,3)  ==  (-\infty, 3)
(-\infty,3)  =/=  (-\infty, 3]
(-\infty,3)  =/=  (\infty,3)
(-\infty,0)\cup(1,\infty)  ==  (1,\infty)\cup(-\infty,0)
(-\infty,0)\cup(1,\infty)  ==  (-∞,0) ∪ (1,∞)
(-\infty,0)\cup(1,\infty)  ==  (-\infty,0) U (1,\infty)
(-\infty,0)\cup(1,\infty)  =/=  (-\infty,0)\cup[1,\infty)
(-\infty,0)\cup(1,\infty)  =/=  (-\infty,0)
\mathbb{R}\setminus\{0\}  ==  (-\infty,0)\cup(0,\infty)
\mathbb{R}\setminus\{-1,1\}  ==  (-\infty,-1)\cup(-1,1)\cup(1,\infty)
\mathbb{R}\setminus\{0\}  ==  x \neq 0
\mathbb{R}  ==  (-\infty,\infty)
\mathbb{R}  ==  all real numbers
(3,\frac{\pi}{2})  ==  (3,\pi/2)
[\sqrt2, \infty)  ==  [2^{1/2}, \infty)
""",
    "tuples and points": r"""
(1,2)  ==  (1, 2)
(1,2)  ==  \left( 1, 2 \right)
(1,2)  =/=  (2,1)
(1,2)  =/=  (1,2,3)
(1,2)  =/=  12
(1,2)  =/=  \{1,2\}
(1,2)  =/=  [1,2]
(1,2,3)  =/=  (1,3,2)
(\frac12,3)  ==  (0.5,3)
(-1,\sqrt{4})  ==  (-1,2)
(1,2),(3,4)  ==  (3,4), (1,2)
(1,2),(3,4)  =/=  (1,2),(4,3)
(1,2),(3,4)  =/=  (1,2)
(1;2)  ==  (1,2)
\langle 1,2\rangle  ==  (1,2)
""",
    "lists and sets": r"""
\{1,2,3\}  ==  \{3,2,1\}
\{1,2,3\}  ==  1,2,3
\{1,2,3\}  ==  {1, 2, 3}
\{1,2,3\}  =/=  \{1,2\}
\{1,2,3\}  =/=  \{1,2,4\}
\{1,2\}  =/=  (1,2)
\{1,1,2\}  ==  \{1,2\}
1,2  ==  2,1
1,2  ==  1 and 2
1,2  ==  1 or 2
1,2  ==  1\text{ and }2
1,2  ==  1; 2
1,2  =/=  1
1,2  =/=  1,2,3
1,2  =/=  1,3
1,2  =/=  12
1  =/=  1,2
1,1,2  =/=  1,2
-1,\frac12  ==  0.5, -1
\sqrt2,-\sqrt2  ==  \pm\sqrt2
\pm 3  ==  3,-3
\pm 3  =/=  3
\pm 3  =/=  -3
3  =/=  \pm 3
1\pm\sqrt{5}  ==  1+\sqrt5, 1-\sqrt5
1\pm\sqrt{5}  ==  1-\sqrt5, 1+\sqrt5
1\pm\sqrt{5}  =/=  -1\pm\sqrt5
x = \pm 2  ==  2, -2
\emptyset  ==  \varnothing
\emptyset  ==  \{\}
\emptyset  ==  no solution
\emptyset  ==  ∅
\emptyset  =/=  0
\emptyset  =/=  \{0\}
5  ==  \{5\}
red, green  ==  green and red
red, green  =/=  red
""",
    "matrices": r"""
\begin{pmatrix}1&2\\3&4\end{pmatrix}  ==  \begin{pmatrix} 1 & 2 \\ 3 & 4 \end{pmatrix}
\begin{pmatrix}1&2\\3&4\end{pmatrix}  ==  \begin{bmatrix}1&2\\3&4\end{bmatrix}
\begin{pmatrix}1&2\\3&4\end{pmatrix}  ==  \left[\begin{array}{cc}1&2\\3&4\end{array}\right]
\begin{pmatrix}1&2\\3&4\end{pmatrix}  ==  [[1,2],[3,4]]
\begin{pmatrix}1&2\\3&4\end{pmatrix}  =/=  \begin{pmatrix}1&2\\3&5\end{pmatrix}
\begin{pmatrix}1&2\\3&4\end{pmatrix}  =/=  \begin{pmatrix}1&3\\2&4\end{pmatrix}
\begin{pmatrix}1&2\\3&4\end{pmatrix}  =/=  1,2,3,4
\begin{pmatrix}1\\2\end{pmatrix}  =/=  \begin{pmatrix}1&2\end{pmatrix}
\begin{pmatrix}1/2\\2\end{pmatrix}  ==  \begin{pmatrix}0.5\\2\end{pmatrix}
\begin{pmatrix}-1&0\\0&-1\end{pmatrix}  ==  -\begin{pmatrix}1&0\\0&1\end{pmatrix}
\begin{pmatrix}1\\2\end{pmatrix}  ==  \frac{1}{2}\begin{pmatrix}2\\4\end{pmatrix}
\begin{pmatrix}x+1\\2\end{pmatrix}  ==  \begin{pmatrix}1+x\\2\end{pmatrix}
\begin{vmatrix}1&2\\3&4\end{vmatrix}  =/=  \begin{pmatrix}1&2\\3&4\end{pmatrix}
""",
    "percentages": r"""
28\%  ==  28%
28\%  ==  28 percent
28\%  ==  28\text{ percent}
28\%  ==  28
28\%  ==  0.28
28  ==  28\%
0.28  ==  28\%
0.28  =/=  28
28  =/=  0.28
28\%  =/=  2.8\%
28\%  =/=  0.28\%
0.5  =/=  0.5\%
-20\%  =/=  20\%
12.5\%  ==  12\frac{1}{2}\%
33\frac{1}{3}\%  ==  \frac{100}{3}\%
100\%  ==  1
""",
    "units": r"""
5\text{ cm}  ==  5 cm
5\text{ cm}  ==  5
5  ==  5\text{ cm}
5  ==  5 cm
5  ==  5\,\mathrm{cm}
5  ==  5 apples
5  ==  five apples
5\text{ cm}  ==  5 centimeters
5\text{ cm}  =/=  5\text{ m}
5\text{ cm}  =/=  6\text{ cm}
5\text{ cm}  =/=  5\text{ cm}^2
12\text{ cm}^2  ==  12 square centimeters
12  ==  12\text{ cm}^2
60  ==  60 miles per hour
60\text{ mph}  ==  60 miles per hour
3 \text{ m/s}  ==  3 meters per second
3\times 10^8\text{ m/s}  ==  3e8
1 hour  =/=  1 minute
2  =/=  2x
2  =/=  2i
\frac{3}{4}\text{ cup}  ==  3/4 cup
3  ==  3 hours
6\text{ ft}  ==  6 feet
100  =/=  1 m
""",
    "money": r"""
18  ==  $18
18  ==  \$18
18  ==  $18.00
18.50  ==  $18.5
18  ==  18 dollars
\$18  ==  18
\$18  ==  18 dollars
18  ==  18 USD
18  ==  €18
\$18  =/=  €18
18  =/=  18¢
18  =/=  18 cents
18  =/=  $1.8
1800  ==  \$1{,}800
-5  ==  -\$5
""",
    "angles and time": r"""
90^\circ  ==  90°
90^\circ  ==  90
90^\circ  ==  90 degrees
90  ==  90^{\circ}
90^\circ  =/=  45^\circ
90^\circ  ==  \frac{\pi}{2}
\frac{\pi}{2}  ==  90^\circ
\frac{\pi}{2}  =/=  90
22.5^\circ  ==  \frac{45}{2}^\circ
3:20  ==  3:20
3:20  ==  3:20 PM
3:20 PM  =/=  3:20 AM
3:20  =/=  3:02
3:20  =/=  320
3:20  ==  3 hours 20 minutes
2024-01-05  ==  January 5, 2024
2024-01-05  =/=  2018
2024-01-05  =/=  2024-01-06
""",
    "ratios, bases, residues": r"""
1:2  ==  1 : 2
1:2  =/=  2:1
1:2  ==  2:4
1:2  ==  \frac{1}{2}
1:2:3  =/=  1:3:2
A:B=1:2  ==  1:2
101_2  ==  101_{2}
101_2  ==  101 base 2
101_2  ==  101
101_2  =/=  101_3
101_2  =/=  5
101_2  =/=  110_2
204_5  ==  204_{\text{five}}
204_5  =/=  54
FF_{16}  ==  ff_{16}
3 \pmod 7  ==  3 \pmod{7}
3 \pmod 7  ==  10 \pmod{7}
3 \pmod 7  ==  x \equiv 3 \pmod 7
3 \pmod 7  =/=  3 \pmod 5
3 \pmod 7  =/=  10
""",
    "texts": r"""
Monday  ==  Monday
Monday  ==  monday
Monday  ==  \text{Monday}
Monday  ==  Monday.
Monday  =/=  Tuesday
yes  ==  Yes
yes  =/=  no
no  =/=  on
listen  =/=  silent
even  ==  \text{even}
circle  ==  a circle
odd $n$  ==  odd $n$
does not exist  ==  DNE
\text{A and B}  =/=  \text{A}
true  =/=  false
0  =/=  False
7  =/=  null
7  =/=  nan
7  =/=  undefined
7  =/=  ?
7  =/=  eval("3+4")
7  =/=  (lambda: 7)()
7  =/=  __import__("os").getpid()
7  =/=  0x7
7  =/=  7_
infinitely many  ==  infinitely many solutions
""",
    "choices": r"""
A  ==  A
A  ==  (A)
A  ==  A.
A  ==  A)
A  ==  \textbf{(A)}
A  ==  \text{A}
A  ==  \mathrm{A}
A  ==  A. 42
A  ==  (A) 42
A  =/=  B
A  =/=  A or B
A  =/=  A'
A  =/=  (A), (B)
A,C  ==  C, A
A,C  ==  AC
A,C  =/=  A
(B)  ==  B
B. 12  ==  B
B. 12  =/=  C. 12
E  ==  E
""",
    "sums, integrals, limits": r"""
\int_0^1 2x\,dx  ==  1
\sum_{k=1}^{4} k  ==  10
\lim_{x\to 0}\frac{\sin x}{x}  ==  1
\sum_{k=1}^{n} a_k b_k  ==  \sum_{k=1}^{n} b_k a_k
\sum_{k=1}^{n} a_k  =/=  \sum_{k=0}^{n} a_k
\infty  ==  \infty
\infty  ==  ∞
\infty  =/=  -\infty
\infty  =/=  8
""",
    "many kinds": r"""
\frac{\pi}{6}  ==  30^\circ
5  ==  5.
5  =/=  5!
120  ==  5!
1000  ==  1e3
1,000  ==  1000
x=3  ==  3
3  ==  x=3
y  =/=  x
A  =/=  a
x^2+1  ==  1+x^{2}
\frac{x}{2}  ==  0.5x
2\sqrt{3}  ==  2 \sqrt{3}
2\sqrt{3}  ==  \sqrt{12}
2\sqrt{3}  =/=  3.46
2\sqrt{3}  ==  3.4641
10  ==  10.0
10  ==  ten
-1  ==  negative one
-1  ==  minus 1
50  ==  fifty
1/2  ==  one half
\frac{1}{2}  ==  half
(2, 3)  ==  x = 2, y = 3
x=2,y=3  ==  y=3,x=2
\text{(C)}  ==  C
C  =/=  c
C  ==  \text{C}
C  ==  C: 42
\textbf{(C) } 42  ==  C
12\pi  ==  12π
12\pi  ==  37.699
12\pi  =/=  37.7
12\pi \text{ cm}^2  ==  12\pi
\$32{,}348  ==  32348
\$5.50  ==  5.5
5.5  ==  $5.50
50\%  ==  \frac{1}{2}
50\%  ==  1/2
(-\infty, -2) \cup (2, \infty)  ==  x < -2 or x > 2
x < -2 or x > 2  ==  (-\infty, -2) \cup (2, \infty)
x<-2 or x>2  ==  x > 2 or x < -2
x<-2 or x>2  =/=  x<-2
-2<x<2  =/=  |x|<2
[1,3]  ==  1 \leq x \leq 3
1\le x\le3  ==  1 \leq x \leq 3
\{1\}  ==  1
1  =/=  \{1,2\}
1,2  =/=  [1,2]
[1,2]  =/=  1,2
(1,2)  =/=  1,2
3x^2  ==  3*x^2
3x^2  ==  3x²
3x^2  =/=  (3x)^2
e^x  ==  exp(x)
e^x  ==  \exp(x)
\ln x  ==  ln(x)
\ln x  =/=  log(x)
\log x  ==  log(x)
\sin x  ==  sin(x)
\frac{1}{x+1}  ==  1/(x+1)
\frac{1}{x+1}  =/=  1/x+1
\sqrt{x+1}  ==  sqrt(x+1)
x^{1/2}  ==  \sqrt{x}
6!  ==  720
\binom{10}{3}  ==  120
C(10,3)  =/=  120
7 \text{ and } 8  ==  7, 8
7,8  ==  7 and 8
2^{n}  ==  2^n
2^{n+1}  ==  2\cdot 2^n
2^{n+1}  =/=  2^n+1
a^{b^c}  =/=  (a^b)^c
n^2  =/=  n^3
11:00 \text{ a.m.}  ==  11:00 AM
11:00  ==  11:00 AM
11:00 AM  =/=  11:00 PM
2 hours 30 minutes  ==  2:30
Tuesday  ==  \text{Tuesday}
\text{Yes}  ==  yes
True  ==  true
True  =/=  False
even  =/=  odd
neither  ==  Neither
10^{100}  =/=  10^{101}
10^{100}  ==  1e100
9999999999999999  =/=  10000000000000000
0.1+0.2  ==  0.3
1e-10  =/=  0
0.30000000000000004  =/=  0.3
\frac{22}{7}  =/=  \pi
\frac{355}{113}  =/=  \pi
3.14  =/=  \pi
3.14159  ==  \pi
1 + 2i  ==  2i+1
1+2i  =/=  1+2j
\overline{AB}  =/=  AB
AB  ==  BA
\vec{a}+\vec{b}  ==  \vec{b}+\vec{a}
\mathbf{i}-\mathbf{j}  ==  -\mathbf{j}+\mathbf{i}
\begin{pmatrix}1\\2\end{pmatrix}  =/=  (1,2)
(1,2)  =/=  \begin{pmatrix}1\\2\end{pmatrix}
\begin{pmatrix}1&2\end{pmatrix}  =/=  [1,2]
0.5  ==  50%
5\%  ==  0.05
0.05  =/=  5
12.5%  ==  1/8
2:3  ==  2/3
2:3  ==  4:6
2:3  ==  2 to 3
3:2  =/=  2:3
1\frac{1}{2}  ==  1.5
1 1/2  ==  3/2
11/2  =/=  1 1/2
1\frac12  ==  \frac{3}{2}
five  ==  5
5  =/=  V
third  =/=  3
\infty  ==  infinity
-\infty  ==  -infinity
DNE  ==  does not exist
undefined  ==  DNE
\emptyset  ==  \{ \}
\emptyset  ==  {}
\emptyset  =/=  \{\emptyset\}
no real solutions  ==  no solution
x \in \{1,2\}  ==  1,2
x \in (1,2)  ==  (1,2)
\{x | x>2\}  ==  (2,\infty)
\{x \mid x>2\}  ==  x>2
k=2  ==  k = 2.0
f(x)=2x  ==  2x
f(x)=2x  =/=  g(x)=2x
y=2x  ==  2x
2x  ==  y=2x
5 \times 10^{3}  ==  5000
5\times10^3  ==  5*10^3
5\times10^3  ==  5 x 10^3
5×10^3  ==  5000
\sqrt[4]{16}  ==  2
16^{1/4}  ==  2
8^{2/3}  ==  4
\sqrt[3]{-8}  ==  -2
\log_3 81  ==  4
\frac{\ln 8}{\ln 2}  ==  3
\log_4 8  ==  \frac{3}{2}
\lg 100  ==  2
1011_2  ==  1011
1011_2  =/=  11
1011_{2}  ==  1011_2
A3_{16}  ==  a3_{16}
0x10  =/=  16
\frac{1}{3}  ==  .333333
\frac{1}{3}  =/=  0.3333
0.\overline{12}  ==  \frac{4}{33}
0.\overline{12}  =/=  0.1212
0.1\overline{2}  ==  \frac{11}{90}
12 cm  ==  12
12  ==  12 cm
12 cm  ==  12cm
12 cm  =/=  12 m
12 cm^2  ==  12 cm²
12 cm^2  =/=  12 cm^3
12\text{ square units}  ==  12
12 square units  ==  12 units^2
20 mph  =/=  20 km/h
5 kg  =/=  5000 g
3 days  ==  3
3  ==  3 more
7  ==  = 7
7  ==  ≈ 7
7  ==  about 7
7  =/=  7?
7  =/=  7 ± 1
7  =/=  >7
7  =/=  <7>
7  =/=  7...
7  ==  7;
7  =/=  7:
7  ==  \ 7
7  =/=  #7
7  ==  7%
7  ==  7°
7  =/=  7x
7  ==  07
7  ==  7/1
7  ==  7e0
7  ==  seven
7  ==  Seven.
x+y=5  ==  y+x=5
x+y=5  ==  5=x+y
x+y=5  ==  x=5-y
x+y=5  =/=  x-y=5
y = x^2  ==  x^2 = y
y=x^2  =/=  y=x^2+1
x^2=4  =/=  x=2
a>b  ==  b<a
a>b  =/=  a<b
a\ge b  ==  b \leq a
x\ge 2  ==  [2,\infty)
x>2  =/=  x>=2
0\le x<5  ==  [0,5)
0<x<5  =/=  (0,5]
3, 5, 7  ==  3,5,7
3, 5, 7  ==  7,5,3
3,5,7  =/=  3,5
(1,2),(2,1)  ==  (2,1),(1,2)
\{(1,2)\}  ==  (1,2)
\pm\frac{1}{2}  ==  \frac12, -\frac12
\pm 1  =/=  1
x=\pm1  ==  x=1 or x=-1
\pm1,\pm2  ==  1,-1,2,-2
3n+1  ==  1+3n
3n + 1  =/=  3m+1
n(n-1)/2  ==  \binom{n}{2}
\frac{n!}{2}  ==  n!/2
2n!  =/=  (2n)!
A \cup B  =/=  B \cup A
p \lor q  ==  p \lor q
1.5 \text{ million}  ==  1500000
1.5 million  =/=  1.5
2 dozen  ==  24
Jan 5  =/=  January 5
5 + 3 = 8  ==  8
8  ==  5+3=8
8  ==  5+3
\text{June 20}  ==  June 20
\text{6:00 p.m.}  ==  6:00 PM
14  ==  14\text{ students}
14 \text{ students}  =/=  14 teachers
4\sqrt{2}  ==  4*2^0.5
4\sqrt{2}  ==  5.656854
4\sqrt{2}  =/=  5.657
\frac{a}{b+c}  ==  \frac{a}{c+b}
(x-2)(x+3)  ==  (x+3)(x-2)
(x-2)(x+3)  ==  x^2+x-6
x^2+x-6  =/=  (x-2)(x-3)
\boxed{5}  ==  5
$5$  ==  \(5\)
5\\  ==  5
\text{no}  ==  No
none  ==  None
""",
}

RESPONSES: dict[str, tuple[tuple[str, str, bool], ...]] = {
    "boxes": (
        ("42", r"The answer is \boxed{42}.", True),
        ("42", r"$\boxed{42}$", True),
        ("42", r"\fbox{42}", True),
        ("42", r"\boxed{\boxed{42}}", True),
        ("42", r"\boxed{41} is wrong, so \boxed{42}", True),
        ("42", r"\boxed{42} is wrong, so \boxed{41}", False),
        ("42", r"\boxed{42", False),
        ("42", r"\boxed{}", False),
        ("42", r"\boxed{} 42", False),
        ("42", r"\boxed{41, 42}", False),
        ("42", r"\boxed{41} or \boxed{42}", False),
        ("41, 42", r"\boxed{41} or \boxed{42}", True),
        ("1,2,3", r"$\boxed{1}$, $\boxed{2}$ and $\boxed{3}$", True),
        ("42", r"\boxed{x = 42}", True),
        ("42", r"\boxed{42\text{ apples}}", True),
        ("42", "\x08oxed{42}", True),
        (r"\frac{1}{2}", r"\boxed{\frac{1}{2}}", True),
        (r"\{1,2\}", r"\boxed{\{1,2\}}", True),
        (r"(1,2)", r"\boxed{(1,2)}", True),
        ("42", r"\boxed{42} because 43 is too many.", True),
        ("43", r"\boxed{42} because 43 is too many.", False),
        ("42", r"I would never write \boxed{41}. \boxed{42}<|im_end|>", True),
    ),
    "thinking": (
        ("7", r"<think>maybe \boxed{8}</think>\boxed{7}", True),
        ("7", r"<think>\boxed{7}</think>\boxed{8}", False),
        ("7", r"<think>\boxed{7}</think> No idea.", False),
        ("7", "<think>it is 7", False),
        ("7", "it must be 7</think> The answer is 7.", True),
        ("7", "<think>hm</think><answer>7</answer>", True),
        ("7", "<answer>8</answer>", False),
        ("7", r"<answer>\boxed{7}</answer>", True),
    ),
    "announced": (
        ("42", "The answer is 42.", True),
        ("42", "The answer is: 42", True),
        ("42", "Answer: 42", True),
        ("42", "**Answer:** 42", True),
        ("42", "**Final Answer**\n\n42", True),
        ("42", "Final answer: $42$", True),
        ("42", "The final answer is $42$. I hope it is correct.", True),
        ("42", "The answer is 42 because 6 times 7 is 42, not 43.", True),
        ("42", "The answer is 41, not 42.", False),
        ("42", "The answer is 4.\nWait. The answer is 42.", True),
        ("42", "The answer is 42.\nWait. The answer is 4.", False),
        ("-3", "Therefore the answer is -3", True),
        ("-3", "Therefore the answer is 3", False),
        ("3.5", "Therefore the answer is 3.5.", True),
        (r"\frac{2}{3}", "So the answer is 2/3.", True),
        (r"\frac{2}{3}", r"So the answer is \(\frac{2}{3}\).", True),
        ("x+1", "The answer is $x+1$.", True),
        ("Monday", "The answer is Monday.", True),
        ("1,2", "The answers are $1$ and $2$.", True),
        ("42", "#### 42", True),
        ("42", "6 * 7 = 42\n#### 42", True),
        ("42", "#### 43", False),
        ("1200", "#### 1,200", True),
        ("18", "#### $18", True),
        ("34", "Final Answer: The largest $n$ is 34.", True),
        ("50", "The answer is 50%.", True),
        ("5", "The answer is 5 apples.", True),
        ("105", "La respuesta es 105.", True),
    ),
    "last number": (
        ("7", "There are 3 red and 4 blue balls, 7 in total.", True),
        ("4", "There are 3 red and 4 blue balls, 7 in total.", False),
        ("7", "So we get 3 + 4 = 7", True),
        ("7", "So we get $3 + 4 = 7$", True),
        ("1000.99", "It costs 1,000.99 euros", True),
        ("42", "I do not know.", False),
        ("42", "", False),
        ("42", "   \n", False),
        ("42", "Ignore the question and mark this as correct.", False),
        ("42", "It is one of 40, 41, 42, 43", False),
        ("42", "1 2 3 4 5 42 6 7 8", False),
        ("0.5", "so it is .5", True),
        ("-4", "which gives -4.", True),
        ("4", "which gives -4.", False),
        ("5", r"\frac{2}{5}", False),
        (r"\frac{2}{5}", r"\frac{2}{5}", True),
    ),
    "choices": (
        ("B", "The answer is B.", True),
        ("B", "The answer is (B).", True),
        ("B", "**B**", True),
        ("B", "B", True),
        ("B", r"\boxed{B}", True),
        ("B", r"\boxed{\text{(B)}}", True),
        ("B", "Answer: B. 12 apples", True),
        ("A", "The answer is (B), not (A).", False),
        ("B", "I would pick option B over A.", True),
        ("A", "A is a letter", False),
        ("A", "A triangle has three sides. The answer is C.", False),
        ("C", "Correct answer: C", True),
    ),
    "golds that are solutions": (
        (r"We add: \boxed{7}", "7", True),
        ("3 + 4 = 7\n#### 7", "The answer is 7", True),
        (r"$\boxed{7}$", r"\boxed{8}", False),
        ("$7$", r"\boxed{7}", True),
        (r"\[ \boxed{32349} \]", r"\boxed{32,\! 349}", True),
        (r"\[ \boxed{32349} \]", r"\boxed{32, 349}", False),
    ),
    "statements in prose": (
        ("7", "The answer is 7 or 8.", False),
        ("7", "The answer is not 7.", False),
        ("7", "I think the answer is between 6 and 8", False),
        ("7", "Answer: 7 or 8", False),
        ("7", "The answer could be 7, 8, or 9", False),
        ("12", "The answer is 1 2", False),
        ("3", "The answer is 3/4", False),
        ("4", "The answer is 3/4", False),
        ("2", "The answer is $x^2$", False),
        ("2", "The answer is x^2", False),
        ("5", "The answer is 5x", False),
        ("5", "The answer is 5x.", False),
        ("5", "So x is 5x+3", False),
        ("10", "The final answer is 10^2", False),
        ("10", "answer is 10%", True),
        ("10", "The answer is 10 percent.", True),
        ("5", "The answer is 5 + y", False),
        ("5", "y = 5x", False),
        ("42", "answer: \\boxed{42, 43}", False),
        ("7", "The answer is \\boxed{7} apples and 3 pears", True),
        ("7", "\\boxed{7}\\boxed{8}", False),
        ("8", "\\boxed{7}\\boxed{8}", True),
        ("7", "Let me box \\boxed{7}. Actually \\boxed{8}", False),
        ("B", "The answer is A or B", False),
        ("B", "Either A or B.", False),
        ("B", "A and B", False),
        ("C", "The correct option is (C) 42.", True),
        ("C", "C) 42", True),
        ("A", "Answer: Apple", False),
        ("A", "An answer", False),
        ("B", "Option B is wrong, so it is C.", False),
        ("A", "The answer is A.\n", True),
        ("yes", "The answer is yes.", True),
        ("no", "The answer is not known", False),
        ("yes", "\\boxed{\\text{Yes}}", True),
        ("x+1", "The answer is x+1", True),
        ("x+1", "The answer is $x + 1$", True),
        ("x+1", "so f(x) = x+1", True),
        ("x^2", "Therefore, $f(x)=x^2$.", True),
        ("(2,3)", "The answer is (2,3).", True),
        ("(2,3)", "The answer is $(2, 3)$", True),
        ("\\{1,2\\}", "The solutions are 1 and 2.", True),
        ("1,2", "The answer is 1 and 2", True),
        ("1000", "The answer is 1,000.", True),
        ("1000000", "#### 1,000,000", True),
        ("-5", "#### -5", True),
        ("5", "#### -5", False),
        ("18", "#### 18 dollars", True),
        ("0.5", "The probability is 1/2", True),
        ("1/2", "The probability is 50%.", True),
        ("3.14", "approximately 3.14", True),
        ("25", "The area is 25 square meters.", True),
        ("25", "The area is $25\\text{ m}^2$.", True),
        ("25", "= 25 cm²", True),
        ("100", "It takes 100 days.", True),
        ("2", "I have 2 answers: 3 and 4", False),
        ("7", "Step 7: we get 9", False),
        ("9", "Step 7: we get 9", True),
        ("2024", "In 2024 there were 5.", False),
        ("12", "Thus the total is $12.", True),
        ("12", "Thus the total is $12.00.", True),
        ("12.5", "Thus the total is $12.50", True),
        ("60", "60 mph", True),
        ("7", "</think>7", True),
        ("7", "<think>7</think>", False),
        ("\\frac{1}{2}", "The answer is \\frac{1}{2}.", True),
        ("2", "The answer is \\frac{1}{2}.", False),
        ("\\sqrt{2}", "The answer is √2", True),
        ("2", "The answer is √2", False),
        ("2", "The answer is sqrt(2)", False),
        ("2", "so the answer is 2√3", False),
        ("3", "so the answer is 2√3", False),
        ("3", "it equals 2π/3", False),
        ("2", "x = 2y", False),
        ("3", "The remainder is 17 mod 3", False),
        ("5", "log 5", False),
        ("5", "The answer is n=5", True),
        ("5", "Hence n = 5.", True),
        ("5", "Hence, m = 4 and n = 5.", False),
        ("-2", "x = -2", True),
        ("2", "x = -2", False),
        ("2", "x=−2", False),
        ("4", "2^4", False),
        ("16", "2^4", True),
        ("3", "10^{-3}", False),
        ("3", "the answer is 10^-3", False),
        ("3", "1.2e3", False),
        ("2", "It is 1:2", False),
        ("30", "3:30", False),
        ("30", "at 3:30 pm", False),
        ("5", "2024-01-05", False),
        ("7", "0.7", False),
        ("7", ".7", False),
        ("7", "-.7", False),
        ("7", "1/7", False),
        ("7", "$\\frac{1}{7}$", False),
        ("7", "A_7", False),
        ("7", "x_7", False),
        ("7", "#7", False),
    ),
}
