"""More cases of the grader's tables, written blind: without looking at what the grader says of them.

The notation is that of ``grading_cases``. Cases that people would decide differently are left out.
"""

# ruff: noqa: E501, RUF001  (characters that look alike are what some cases are about)

ANSWERS: dict[str, str] = {
    "integers": r"""
1234567890  ==  1,234,567,890
1234567890  =/=  1,234,567,891
100  ==  0100
100  =/=  10
100  =/=  1000
-17  ==  $-17$
-17  ==  \(-17\)
-17  ==  −17
-17  ==  –17
-17  ==  (-17)
-17  =/=  17
17  ==  +17
2016  ==  2{,}016
2016  ==  2\,016
2016  ==  2 016
2016  ==  2016.
2016  ==  \textbf{2016}
2016  ==  \mathrm{2016}
2016  ==  **2016**
2016  ==  \boxed{2016}
2016  =/=  2017
2016  =/=  2,016,000
2016  ==  \text{2016}.
-1000000  ==  -1,000,000
12  ==  \fbox{12}
3  =/=  3x
12  =/=  1.2
12  ==  12.000
12  =/=  -12
12  =/=  |12
12  ==  |-12|
12  ==  3\cdot4
12  ==  3×4
12  ==  3 · 4
""",
    "decimals & fractions": r"""
0.5  ==  .5
0.5  ==  1/2
0.5  ==  \frac{1}{2}
0.5  ==  ½
0.5  ==  \dfrac12
0.5  =/=  0.05
0.125  ==  1/8
3.75  ==  3\frac{3}{4}
3.75  ==  3 3/4
3.75  ==  15/4
3.75  ==  3¾
-3.75  ==  -3\frac{3}{4}
-3.75  ==  -3 3/4
\frac{7}{3}  ==  2\frac{1}{3}
\frac{7}{3}  =/=  2\frac{2}{3}
\frac{7}{3}  ==  2\tfrac13
\frac{7}{3}  ==  2 \frac{1}{3}
\frac{7}{3}  =/=  2.33
\frac{7}{3}  =/=  \frac{3}{7}
\frac{7}{3}  ==  \frac{-7}{-3}
\frac{7}{3}  ==  \frac{14}{6}
\frac{7}{3}  =/=  7:4
1/3  =/=  0.333
1/3  =/=  0.3
1/3  =/=  .33
1/3  ==  0.\overline{3}
1/3  ==  0.\bar{3}
1/3  ==  0.\dot{3}
1/3  ==  0.(3)
1/6  ==  0.1\overline{6}
1/6  =/=  0.\overline{16}
\frac{16}{99}  ==  0.\overline{16}
1  ==  0.\overline{9}
2/3  =/=  0.67
2/3  =/=  66
2/3  =/=  0.6
2.5  ==  \frac{5}{2}
2.5  =/=  \frac{2}{5}
2.5  ==  5/2
0.1  =/=  0.01
-\frac{1}{2}  ==  \frac{-1}{2}
-\frac{1}{2}  ==  -0.5
-\frac{1}{2}  ==  -\frac12
-\frac{1}{2}  ==  \frac{1}{-2}
-\frac{1}{2}  ==  -½
-\frac{1}{2}  =/=  0.5
\frac{a}{b}  ==  a/b
\frac{1}{x+1}  ==  1/(x+1)
\frac{1}{x+1}  =/=  1/x+1
\frac{1}{x+1}  ==  (x+1)^{-1}
\frac{\sqrt{3}}{3}  ==  \frac{1}{\sqrt{3}}
\frac{\sqrt{3}}{3}  ==  1/√3
\frac{\sqrt{3}}{3}  ==  \sqrt{3}/3
\frac{\sqrt{3}}{3}  =/=  \frac{\sqrt{3}}{2}
\frac{3}{8}  ==  {3\over8}
\frac{3}{8}  ==  \frac38
\frac{3}{8}  ==  ⅜
\frac{3}{8}  ==  0.375
\frac{3}{8}  =/=  0.38
\frac{3}{8}  ==  3 / 8
\frac{11}{2}  ==  \frac{11}2
\frac{113}{7}  =/=  \frac{11}{37}
""",
    "percent and money": r"""
25\%  ==  25%
25\%  ==  25 %
25\%  ==  25 percent
25\%  =/=  2.5\%
25\%  =/=  26\%
25\%  ==  25.0\%
12.5\%  ==  12\frac{1}{2}\%
12.5\%  =/=  125\%
33\frac{1}{3}\%  ==  \frac{100}{3}\%
33\frac{1}{3}\%  =/=  33\%
\$3.50  ==  $3.50
\$3.50  ==  \$3.5
\$3.50  ==  3.50
\$3.50  =/=  \$35
\$3.50  =/=  \$3.05
\$1,250  ==  1250
\$1,250  ==  $1,250.00
\$1,250  ==  1250 dollars
\$1,250  =/=  \$12.50
\$1,250  =/=  €1250
\$1{,}250.75  ==  1250.75
€20  ==  20€
£5  ==  £5.00
£5  =/=  $5
-\$5  ==  -5
-\$5  =/=  \$5
""",
    "units": r"""
12\text{ cm}  ==  12 cm
12\text{ cm}  ==  12
12\text{ cm}  =/=  12 m
12\text{ cm}  =/=  12 mm
12\text{ cm}  =/=  12 \text{ cm}^2
12\text{ cm}^2  ==  12 cm²
12\text{ cm}^2  ==  12 cm^2
12\text{ cm}^2  ==  12\,\mathrm{cm}^{2}
12\text{ cm}^2  ==  12 square centimeters
12\text{ cm}^2  =/=  12 cm^3
12\text{ cm}^2  =/=  144 cm^2
24 \text{ cubic feet}  ==  24 ft^3
24 \text{ cubic feet}  ==  24 ft³
24 \text{ cubic feet}  =/=  24 ft^2
60 \text{ mph}  ==  60 miles per hour
60 \text{ mph}  =/=  60 km/h
60 \text{ mph}  ==  60 mi/h
9.8 \text{ m/s}^2  ==  9.8 m/s^2
9.8 \text{ m/s}^2  ==  9.8\ \text{m}/\text{s}^2
9.8 \text{ m/s}^2  =/=  9.8 m/s
5 \text{ hours}  ==  5 hours
5 \text{ hours}  =/=  5 minutes
5 \text{ hours}  ==  5 h
8\pi \text{ cm}^2  ==  8π cm²
8\pi \text{ cm}^2  ==  8\pi
8\pi \text{ cm}^2  =/=  8
8\pi \text{ cm}^2  =/=  16\pi
100 \text{ m}  =/=  100 \text{ km}
3 \text{ apples}  ==  3
3 \text{ apples}  =/=  3 \text{ oranges}
""",
    "scientific": r"""
1500  ==  1.5e3
1500  ==  1.5E3
1500  ==  1.5 x 10^3
1500  ==  1.5×10³
1500  ==  1.5 \times 10^{3}
1500  ==  1.5*10**3
1500  ==  15 \cdot 10^2
1500  =/=  1.5e4
0.00032  ==  3.2\times10^{-4}
0.00032  ==  3.2e-4
0.00032  ==  3.2e-04
0.00032  ==  3.2×10⁻⁴
0.00032  =/=  3.2\times10^{4}
0.00032  =/=  3.2\times10^{-3}
6.02\times10^{23}  ==  6.02e23
6.02\times10^{23}  ==  602000000000000000000000
6.02\times10^{23}  =/=  6.02e22
6.02\times10^{23}  =/=  6.02\times10^{-23}
-4.5\times 10^{5}  ==  -450000
-4.5\times 10^{5}  ==  -450,000
10^6  ==  1000000
10^6  ==  1,000,000
10^{-3}  ==  0.001
10^{-3}  =/=  0.01
3 \times 10^8  ==  300000000
3 \times 10^8  ==  300 million
3.2 \times 10^5  ==  3.2 × 10^5
3.2 \times 10^5  ==  3.2 \cdot 10^{5}
3.2 \times 10^5  ==  320{,}000
3.2 \times 10^5  ==  3.2e+05
3.2 \times 10^5  ==  3.2E5
3.2 \times 10^5  ==  3.2*10^5
3.2 \times 10^5  ==  3.2⋅10⁵
3.2 \times 10^5  ==  32 \times 10^4
3.2 \times 10^5  ==  0.32 \times 10^6
3.2 \times 10^5  ==  3.20 \times 10^{5}
3.2 \times 10^5  =/=  3.2 \times 10^{-5}
3.2 \times 10^5  =/=  2.3 \times 10^5
3.2 \times 10^5  =/=  3.2 \times 5^{10}
3.2 \times 10^5  =/=  32
-2\times10^{-3}  ==  -0.002
-2\times10^{-3}  =/=  0.002
1.6\times10^{-19} \text{ C}  ==  1.6e-19 C
5 \times 10^{-7} \text{ m}  ==  5×10⁻⁷ m
5 \times 10^{-7} \text{ m}  ==  5 \times 10^{-7}
10^{-2}  =/=  10^2
10^{-2}  =/=  -100
""",
    "radicals": r"""
\sqrt{50}  ==  5\sqrt{2}
\sqrt{50}  ==  5√2
\sqrt{50}  ==  5*sqrt(2)
\sqrt{50}  ==  sqrt(50)
\sqrt{50}  =/=  2\sqrt{5}
\sqrt{50}  =/=  25\sqrt{2}
\sqrt{50}  =/=  7.07
2\sqrt{3}  ==  \sqrt{12}
2\sqrt{3}  ==  \frac{6}{\sqrt{3}}
2\sqrt{3}  ==  √12
2\sqrt{3}  ==  2 \cdot 3^{1/2}
2\sqrt{3}  =/=  3\sqrt{2}
2\sqrt{3}  =/=  -2\sqrt{3}
\sqrt[3]{16}  ==  2\sqrt[3]{2}
\sqrt[3]{16}  ==  16^{1/3}
\sqrt[3]{16}  ==  2 \cdot 2^{1/3}
\sqrt[3]{16}  =/=  4
\sqrt[3]{16}  =/=  \sqrt{16}
4+2\sqrt{3}  ==  2\sqrt{3}+4
4+2\sqrt{3}  ==  (1+\sqrt{3})^2
4+2\sqrt{3}  =/=  4-2\sqrt{3}
4+2\sqrt{3}  =/=  6\sqrt{3}
\frac{1+\sqrt{5}}{2}  ==  \frac{\sqrt{5}+1}{2}
\frac{1+\sqrt{5}}{2}  ==  (1+sqrt(5))/2
\frac{1+\sqrt{5}}{2}  ==  \frac{1}{2}+\frac{\sqrt5}{2}
\frac{1+\sqrt{5}}{2}  =/=  \frac{1-\sqrt{5}}{2}
\frac{1+\sqrt{5}}{2}  =/=  1.618
\sqrt{2+\sqrt{3}}  ==  \frac{\sqrt{6}+\sqrt{2}}{2}
\frac{1}{\sqrt{2}-1}  ==  \sqrt{2}+1
5\sqrt{x}  ==  5x^{1/2}
8^{2/3}  ==  4
27^{-1/3}  ==  \frac13
2^{0.5}  ==  \sqrt2
""",
    "pi e logs trig": r"""
\pi  =/=  3.14
\pi  =/=  3.1416x
\pi  =/=  22/7
\pi  ==  π
2\pi  ==  2π
2\pi  ==  2*pi
2\pi  =/=  6.28
2\pi  =/=  \pi^2
2\pi  =/=  \pi
\frac{\pi}{4}  ==  π/4
\frac{\pi}{4}  ==  0.25\pi
\frac{\pi}{4}  =/=  \frac{4}{\pi}
\frac{\pi}{4}  =/=  0.785
9\pi-18  ==  9(\pi-2)
9\pi-18  =/=  18-9\pi
e^2  ==  e\cdot e
e^2  =/=  2e
e^2  ==  \exp(2)
e^2  =/=  7.39
e^{-1}  ==  1/e
e^{-1}  ==  \frac{1}{e}
\ln 2  ==  \ln(2)
\ln 2  ==  ln(2)
\ln 8  ==  3\ln 2
\ln 8  =/=  \ln 6
\ln 8  =/=  2\ln 3
\ln \frac12  ==  -\ln 2
\log_2 8  ==  3
\log_2 3  ==  \frac{\ln 3}{\ln 2}
\log_2 3  =/=  \log_3 2
\log_{10} 100  ==  2
\log_2 5  ==  \frac{\log 5}{\log 2}
\sin 30^\circ  ==  1/2
\sin(x)^2  ==  \sin^2 x
\cos^2 x  ==  1-\sin^2 x
\cos 2x  ==  2\cos^2 x - 1
\cos 2x  =/=  2\cos x
\cos 2x  =/=  \cos^2 x
\sin\frac{\pi}{6}  ==  \frac{1}{2}
\arctan 2  ==  \tan^{-1} 2
\arctan 2  =/=  \tan 2
\arcsin\frac{1}{3}  ==  \sin^{-1}(1/3)
\cos\frac{\pi}{5}  ==  \frac{1+\sqrt5}{4}
\sec x  ==  \frac{1}{\cos x}
""",
    "factorial binomial": r"""
720  ==  6!
6!  ==  720
\binom{10}{3}  ==  120
\binom{10}{3}  ==  \binom{10}{7}
\binom{10}{3}  ==  {10 \choose 3}
\binom{10}{3}  =/=  \binom{10}{4}
\frac{10!}{3!7!}  ==  120
\frac{10!}{3!7!}  =/=  720
2^{10}-1  ==  1023
2^{10}-1  =/=  1024
3^{100}  =/=  3^{99}
3^{100}  ==  9^{50}
2^{2023}  ==  2 \cdot 2^{2022}
2^{2023}  =/=  2^{2022}
10^{100}  =/=  10^{101}
7!  =/=  7
""",
    "complex": r"""
3+4i  ==  4i+3
3+4i  =/=  3-4i
3+4i  =/=  4+3i
3+4i  =/=  7i
3+4i  =/=  5
i  =/=  -i
-i  ==  \frac{1}{i}
\frac{1+i}{2}  ==  \frac12+\frac12i
\frac{1+i}{2}  ==  \frac{1}{1-i}
2i  ==  \sqrt{-4}
(1+i)^2  ==  2i
e^{i\pi/2}  ==  i
-\frac{1}{2}+\frac{\sqrt{3}}{2}i  ==  \frac{-1+i\sqrt{3}}{2}
-\frac{1}{2}+\frac{\sqrt{3}}{2}i  =/=  \frac{1+i\sqrt{3}}{2}
""",
    "tuples etc": r"""
(3,-4)  ==  (3, -4)
(3,-4)  ==  \left(3,-4\right)
(3,-4)  ==  $(3,-4)$
(3,-4)  =/=  (-4,3)
(3,-4)  =/=  (3,4)
(3,-4)  =/=  3
(3,-4)  ==  (x,y)=(3,-4)
(3,-4)  ==  (3,−4)
(1,2),(3,4)  ==  (3,4),(1,2)
(1,2),(3,4)  =/=  (1,2)
(1,2),(3,4)  =/=  (2,1),(4,3)
(1,2),(3,4)  ==  (1,2) and (3,4)
\left(\frac{1}{2},\frac{3}{4}\right)  ==  (0.5,0.75)
\left(\frac{1}{2},\frac{3}{4}\right)  ==  (1/2, 3/4)
\left(\frac{1}{2},\frac{3}{4}\right)  =/=  (1/2, 4/3)
(1,2,3)  =/=  (1,2)
(1,2,3)  =/=  (3,2,1)
(2,\frac{\pi}{3})  ==  (2,π/3)
(\sqrt{8},1)  ==  (2\sqrt2,1)
\{1,2,3\}  ==  {1,2,3}
\{1,2,3\}  ==  \{3, 1, 2\}
\{1,2,3\}  =/=  \{1,2\}
\{1,2,3\}  =/=  \{1,2,3,4\}
\{1,2,3\}  =/=  (1,2,3)
\{1,2,3\}  =/=  \{1,2,4\}
\{-2,2\}  ==  \pm 2
2,-3  ==  x=2 or x=-3
2,-3  ==  x = 2, x = -3
2,-3  ==  x=2 \text{ or } x=-3
2,-3  ==  x=-3, 2
2,-3  ==  x \in \{2, -3\}
2,-3  =/=  2,3
2,-3  =/=  -2,3
2,-3  =/=  2
2,-3  =/=  2,-3,0
x=1 or x=2  ==  1, 2
x=1 or x=2  ==  x=2 or x=1
x=1 or x=2  ==  1 and 2
x=1 or x=2  =/=  x=1
x=1 or x=2  =/=  x=1 or x=3
x=1\text{ or }x=2  ==  \{1,2\}
\pm 3  ==  3, -3
\pm 3  ==  ±3
\pm 3  =/=  3
\pm 3  =/=  \pm 4
\pm\sqrt{2}  ==  \sqrt{2},-\sqrt{2}
x=\pm 3  ==  x=3 or x=-3
2\pm\sqrt{3}  ==  2+\sqrt{3},2-\sqrt{3}
2\pm\sqrt{3}  =/=  2+\sqrt{3}
2\pm\sqrt{3}  =/=  -2\pm\sqrt{3}
\frac{-1\pm\sqrt{5}}{2}  ==  \frac{-1+\sqrt5}{2}, \frac{-1-\sqrt5}{2}
\frac{-1\pm\sqrt{5}}{2}  =/=  \frac{1\pm\sqrt{5}}{2}
""",
    "intervals": r"""
(2,5]  ==  \left(2,5\right]
(2,5]  =/=  [2,5)
(2,5]  =/=  (2,5)
(2,5]  =/=  [2,5]
(2,5]  ==  2<x\le5
(2,5]  ==  2 < x ≤ 5
(2,5]  =/=  2 < x < 5
(-\infty,3)  ==  (-∞, 3)
(-\infty,3)  ==  x<3
(-\infty,3)  =/=  (-\infty,3]
(-\infty,3)  =/=  (3,\infty)
(-\infty,3)  =/=  x>3
[0,\infty)  ==  x \ge 0
[0,\infty)  ==  [0,∞)
[0,\infty)  ==  [0,+\infty)
[0,\infty)  =/=  (0,\infty)
(-\infty,-1)\cup(1,\infty)  ==  (1,\infty)\cup(-\infty,-1)
(-\infty,-1)\cup(1,\infty)  ==  (-∞,-1)∪(1,∞)
(-\infty,-1)\cup(1,\infty)  ==  x<-1 or x>1
(-\infty,-1)\cup(1,\infty)  =/=  (-\infty,-1]\cup[1,\infty)
(-\infty,-1)\cup(1,\infty)  =/=  (-1,1)
(-\infty,-1)\cup(1,\infty)  =/=  (-\infty,-1)
x<-1 \text{ or } x>1  ==  x>1 \text{ or } x<-1
x<-1 \text{ or } x>1  =/=  x<-1
x<-1 \text{ or } x>1  =/=  -1<x<1
[1,2]\cup[3,4]  ==  [3,4] \cup [1,2]
x\ge -2  ==  x >= -2
x\ge -2  ==  x ≥ -2
x\ge -2  ==  -2 \le x
x\ge -2  =/=  x>-2
x\ge -2  =/=  x \le -2
x\ge -2  =/=  -2
-1<x<4  ==  (-1,4)
-1<x<4  ==  4 > x > -1
-1<x<4  =/=  -1\le x<4
-1<x<4  =/=  -1<x<3
x>\frac{1}{2}  ==  x>0.5
x > 2  =/=  y > 2
(-2,2)  ==  x\in(-2,2)
(-2,2)  ==  -2 < x < 2
(-2,2)  =/=  x<2
(-\infty,1)\cup(1,\infty)  ==  \mathbb{R}\setminus\{1\}
(-\infty,1)\cup(1,\infty)  ==  x\neq1
(-\infty,1)\cup(1,\infty)  =/=  x\neq -1
(-\infty,1)\cup(1,\infty)  =/=  x=1
[2,3)\cup(3,4]  ==  (3,4]\cup[2,3)
[2,3)\cup(3,4]  =/=  [2,4]
[-1,1]  ==  [-1, 1]
[-1,1]  =/=  [-1,1)\cup\{0\}
\left[\frac{1}{3},\infty\right)  ==  [1/3, ∞)
\left[\frac{1}{3},\infty\right)  ==  x \ge \frac13
\left[\frac{1}{3},\infty\right)  =/=  \left(\frac{1}{3},\infty\right)
\left(-\infty,-\sqrt{3}\right]  ==  (-\infty, -√3]
\left(-\infty,-\sqrt{3}\right]  ==  x\leq-\sqrt3
\left(-\infty,-\sqrt{3}\right]  =/=  (-\infty,\sqrt3]
k<-2 \text{ or } k>2  ==  k > 2 or k < -2
k<-2 \text{ or } k>2  ==  (-\infty,-2)\cup(2,\infty)
k<-2 \text{ or } k>2  =/=  -2<k<2
0<a\le 1  ==  a\in(0,1]
0<a\le 1  =/=  0\le a\le1
x\ge0  =/=  y\ge0
n \geq 3  ==  n≥3
n \geq 3  =/=  n > 3
a<b  ==  b>a
a<b  =/=  a>b
""",
    "equations polynomials functions": r"""
y=2x+3  ==  y = 3+2x
y=2x+3  ==  2x+3
y=2x+3  ==  2x-y+3=0
y=2x+3  =/=  y=3x+2
y=2x+3  =/=  y=2x-3
y=2x+3  =/=  x=2y+3
x^2+y^2=25  ==  y^2+x^2=25
x^2+y^2=25  ==  x^2+y^2-25=0
x^2+y^2=25  =/=  x^2+y^2=5
x^2+y^2=25  =/=  x^2-y^2=25
(x-1)^2+(y+2)^2=9  ==  (y+2)^2+(x-1)^2=9
(x-1)^2+(y+2)^2=9  ==  x^2-2x+y^2+4y-4=0
(x-1)^2+(y+2)^2=9  =/=  (x+1)^2+(y-2)^2=9
x=7  ==  7
7  ==  x = 7
7  ==  n=7
7  =/=  x=-7
x=7  =/=  x=8
x^2-5x+6  ==  (x-2)(x-3)
x^2-5x+6  ==  (x-3)(x-2)
x^2-5x+6  ==  6-5x+x^2
x^2-5x+6  ==  x²-5x+6
x^2-5x+6  ==  x**2-5*x+6
x^2-5x+6  =/=  (x+2)(x+3)
x^2-5x+6  =/=  x^2+5x+6
x^2-5x+6  =/=  x^2-5x-6
x^3-8  ==  (x-2)(x^2+2x+4)
3(x+2)^2  ==  3x^2+12x+12
3(x+2)^2  =/=  3x^2+12
\frac{x^2-1}{x-1}  ==  x+1
f(x)=x^2+1  ==  x^2+1
f(x)=x^2+1  ==  f(x) = 1+x^2
f(x)=x^2+1  =/=  f(x)=x^2-1
f(x)=x^2+1  =/=  f(x)=(x+1)^2
p(x)=2x^3  ==  2x^3
2ab  ==  2ba
2ab  ==  2 \cdot a \cdot b
2ab  =/=  2a+b
n(n+1)/2  ==  \frac{n(n+1)}{2}
n(n+1)/2  ==  \frac{n^2+n}{2}
n(n+1)/2  =/=  \frac{n(n-1)}{2}
2^{n+1}  ==  2\cdot2^n
2^{n+1}  =/=  2^n+1
a_n=2n-1  ==  2n-1
\frac{n!}{(n-2)!}  ==  n(n-1)
x^{-2}  ==  \frac{1}{x^2}
|x-3|  ==  |3-x|
|x-3|  =/=  x-3
""",
    "matrices": r"""
\begin{pmatrix}1&2\\3&4\end{pmatrix}  ==  \begin{bmatrix}1&2\\3&4\end{bmatrix}
\begin{pmatrix}1&2\\3&4\end{pmatrix}  ==  \begin{pmatrix} 1 & 2 \\ 3 & 4 \end{pmatrix}
\begin{pmatrix}1&2\\3&4\end{pmatrix}  =/=  \begin{pmatrix}1&3\\2&4\end{pmatrix}
\begin{pmatrix}1&2\\3&4\end{pmatrix}  =/=  \begin{pmatrix}1&2&3&4\end{pmatrix}
\begin{pmatrix}1&2\\3&4\end{pmatrix}  =/=  \begin{pmatrix}1&2\\3&-4\end{pmatrix}
\begin{pmatrix}1\\2\\3\end{pmatrix}  ==  \begin{bmatrix}1\\2\\3\end{bmatrix}
\begin{pmatrix}1\\2\\3\end{pmatrix}  =/=  \begin{pmatrix}1\\3\\2\end{pmatrix}
\begin{pmatrix}1\\2\\3\end{pmatrix}  =/=  \begin{pmatrix}1\\2\end{pmatrix}
\begin{pmatrix}1/2\\0\end{pmatrix}  ==  \begin{pmatrix}0.5\\0\end{pmatrix}
\begin{pmatrix}\sqrt{8}\\0\end{pmatrix}  ==  \begin{pmatrix}2\sqrt{2}\\0\end{pmatrix}
""",
    "texts": r"""
\text{Tuesday}  ==  Tuesday
\text{Tuesday}  ==  tuesday
\text{Tuesday}  ==  \textbf{Tuesday}
\text{Tuesday}  =/=  Thursday
\text{Yes}  ==  yes
\text{Yes}  ==  Yes.
\text{Yes}  =/=  No
\text{Yes}  =/=  \text{No}
True  ==  true
True  =/=  False
True  =/=  not true
even  =/=  odd
even  ==  \text{even}
\text{neither}  ==  neither
\text{isosceles}  =/=  \text{equilateral}
\text{Alice}  ==  Alice
\text{Alice}  =/=  Bob
\text{no solution}  ==  No solution
\text{undefined}  ==  undefined
\text{undefined}  =/=  0
\text{parabola}  =/=  \text{hyperbola}
\text{infinitely many}  =/=  0
\infty  ==  ∞
\infty  =/=  -\infty
\infty  =/=  1000000
""",
    "choices": r"""
A  ==  (A)
A  ==  A.
A  ==  \text{A}
A  ==  \textbf{(A)}
A  ==  \textbf{A}
A  ==  A)
A  ==  **A**
A  =/=  B
A  =/=  (B)
A  =/=  AB
A  =/=  A, B
(C)  ==  C
(C)  =/=  (D)
\textbf{(B)}  ==  B
\text{(E)}  ==  E
\text{(E)}  =/=  F
D  =/=  E
""",
    "angles times dates ratios bases": r"""
45^\circ  ==  45°
45^\circ  ==  45 degrees
45^\circ  ==  45^{\circ}
45^\circ  =/=  54°
45^\circ  =/=  45 radians
45^\circ  =/=  135^\circ
\frac{\pi}{3}  =/=  60
\frac{\pi}{3}  =/=  \frac{\pi}{6}
\frac{\pi}{3}  =/=  30^\circ
2:30  ==  2:30
2:30  =/=  2:03
2:30  =/=  3:20
2:30 \text{ p.m.}  ==  2:30 PM
2:30 \text{ p.m.}  =/=  2:30 AM
10:45 \text{ AM}  ==  10:45 a.m.
3:4  ==  3 : 4
3:4  =/=  4:3
3:4  =/=  3:5
3:4  =/=  3,4
2:3:5  ==  2 : 3 : 5
2:3:5  =/=  5:3:2
1011_2  ==  1011_{2}
1011_2  =/=  1011_3
1011_2  =/=  1101_2
2A_{16}  ==  2A_{16}
123_5  =/=  132_5
123_5  =/=  123_6
123_5  ==  123_{\text{five}}
July 4, 1776  =/=  July 5, 1776
July 4, 1776  ==  July 4 1776
2024-03-01  =/=  2024-01-03
2024-03-01  =/=  2020
""",
    "trailing, wrappers": r"""
42  ==  42.
42  ==  \(42\)
42  ==  \[42\]
42  ==  $42$.
42  ==  \boxed{\boxed{42}}
42  ==  \displaystyle 42
42  ==  \left(42\right)
42  =/=  \boxed{24}
42  =/=  4 2
42  =/=  42/0
42  =/=  42^2
42  =/=  42,43
42  =/=  41.9999
42  =/=  42i
42  =/=  x
42  =/=  None
42  =/=  I don't know
42  =/=  inf
""",
    "wrappers and unicode": r"""
12  ==  $\mathrm{12}$
12  ==  \textbf{12.}
12  ==  {\bf 12}
12  ==  \[ 12 \]
12  ==  \( 12 \).
12  ==  ≈12
12  ==  = 12
12  ==  \mathbf{\underline{12}}
12  ==  \color{red}{12}
12  ==  \textcolor{blue}{12}
12  ==  \large 12
12  ==  _12_
12  ==  12;
12  ==  \,12\,
12  ==  \quad 12
12  ==  12 \quad
12  ==  '12'
12  ==  "12".
12  ==  12\\
12  ==  \operatorname{12}
12  ==  $ 12 $ .
12  ==  １２
12  ==  12/1
12  ==  \frac{12}{1}
12  ==  12^1
12  ==  2^2\cdot3
12  ==  2^{2}·3^{1}
12  =/=  12th
12  =/=  #12
12  =/=  12 or 13
12  =/=  12 and 13
12  =/=  12 < x
12  =/=  >12
12  =/=  12+
12  =/=  ~12~13
12  =/=  12-13
12  =/=  12\ldots
12  =/=  12...13
12  =/=  <12
12  =/=  not 12
12  =/=  \neq 12
12  =/=  x \neq 12
12  =/=  at least 12
12  =/=  \sqrt{12}
12  =/=  \frac{1}{12}
12  =/=  12!
12  =/=  12%2
12  =/=  12_{13}
12  =/=  1\cdot2
12  =/=  (12,)13
12  =/=  [12, 12]
12  =/=  12 x
12  =/=  \{12, 13\}
12  =/=  (1)(2)
12  =/=  12:00
-12  =/=  12-
-12  ==  -(12)
-12  ==  (-1)(12)
-12  ==  \text{-12}
-12  ==  - 12
-12  ==  \text{negative }12
-12  =/=  --12
-12  =/=  ~12
-12  ==  －12
""",
    "decimals": r"""
0.05  ==  5e-2
0.05  ==  \frac{1}{20}
0.05  ==  .05
0.05  =/=  0.5
0.05  =/=  0.005
0.05  ==  0.050
0.05  ==  0.05.
3.14159  =/=  3.1416
3.14  =/=  \pi
2.718  =/=  e
1.41  =/=  \sqrt{2}
1.0  ==  1
100.00  ==  100
99.99  =/=  100
-0.25  ==  -\frac{1}{4}
-0.25  =/=  \frac14
0.1\overline{6}  ==  \frac16
0.\overline{142857}  ==  1/7
0.\overline{27}  ==  \frac{3}{11}
0.\overline{27}  =/=  0.27
2.\overline{3}  ==  7/3
1.2\overline{34}  ==  \frac{611}{495}
\frac{1}{7}  =/=  0.14
\frac{22}{7}  =/=  3.14
\frac{22}{7}  =/=  \pi
1000000  =/=  1,000,00
1000000  =/=  10,00,000.5
12345.678  ==  12,345.678
0.000001  ==  10^{-6}
0.000001  ==  1\times 10^{-6}
""",
    "fractions": r"""
\frac{5}{12}  ==  \frac{5}{\,12}
\frac{5}{12}  ==  \frac {5}{12}
\frac{5}{12}  ==  \frac{5} {12}
\frac{5}{12}  ==  \frac{10}{24}
\frac{5}{12}  ==  5\div 12
\frac{5}{12}  ==  5 ÷ 12
\frac{5}{12}  ==  ⁵⁄₁₂
\frac{5}{12}  ==  5⁄12
\frac{5}{12}  ==  $\frac{5}{12}$
\frac{5}{12}  ==  \left(\dfrac{5}{12}\right)
\frac{5}{12}  ==  \frac{\frac{5}{3}}{4}
\frac{5}{12}  ==  1-\frac{7}{12}
\frac{5}{12}  =/=  5\frac{1}{12}
\frac{5}{12}  =/=  \frac{12}{5}
\frac{5}{12}  =/=  \frac{5}{13}
\frac{5}{12}  =/=  \frac{7}{12}
\frac{5}{12}  =/=  5,12
\frac{5}{12}  =/=  (5,12)
\frac{5}{12}  =/=  512
\frac{5}{12}  =/=  0.4167
\frac{5}{12}  =/=  \binom{5}{12}
7\frac{2}{5}  ==  7.4
7\frac{2}{5}  ==  \frac{37}{5}
7\frac{2}{5}  ==  7 + 2/5
7\frac{2}{5}  ==  7\;\frac{2}{5}
7\frac{2}{5}  ==  7 2/5
7\frac{2}{5}  =/=  \frac{14}{5}
7\frac{2}{5}  =/=  72/5
-1\frac{1}{2}  ==  -\frac{3}{2}
-1\frac{1}{2}  =/=  -\frac{1}{2}
\frac{2\sqrt{5}}{5}  ==  \frac{2}{\sqrt{5}}
\frac{2\sqrt{5}}{5}  ==  \frac{2}{5}\sqrt{5}
\frac{2\sqrt{5}}{5}  ==  2\sqrt{5}/5
\frac{2\sqrt{5}}{5}  ==  2/√5
\frac{2\sqrt{5}}{5}  =/=  \frac{5\sqrt2}{5}
\frac{x}{2}  ==  0.5x
\frac{x}{2}  ==  \frac12 x
\frac{x}{2}  ==  x/2
\frac{x}{2}  =/=  \frac{2}{x}
\frac{x}{2}  ==  \frac{1}{2}x
\frac{3x+1}{4}  ==  \frac{3x}{4}+\frac14
\frac{3x+1}{4}  =/=  3x+\frac14
\frac{3x+1}{4}  =/=  3x+1/4
-\frac{x-1}{2}  ==  \frac{1-x}{2}
\frac{1}{x}-\frac{1}{y}  ==  \frac{y-x}{xy}
\frac{1}{x}-\frac{1}{y}  =/=  \frac{x-y}{xy}
""",
    "money percent units": r"""
$0.75  ==  \$.75
$0.75  ==  \$ 0.75
\$1.2 \text{ million}  ==  \$1,200,000
\$1.2 \text{ million}  =/=  \$1.2
\$45,000  ==  $45{,}000
\$45,000  =/=  $4,500
100\%  ==  100 \%
100\%  =/=  10\%
7.5\%  ==  7.50%
7.5\%  ==  0.075
150\%  ==  1.5
15\text{ minutes}  ==  15 min
15\text{ minutes}  =/=  15 seconds
15\text{ minutes}  =/=  15 hours
30 \text{ km/h}  ==  30 km/h
30 \text{ km/h}  ==  30 kilometers per hour
30 \text{ km/h}  =/=  30 m/s
10\sqrt{2} \text{ cm}  ==  10\sqrt{2}\text{ cm}
10\sqrt{2} \text{ cm}  ==  10√2 cm
10\sqrt{2} \text{ cm}  ==  \sqrt{200}
10\sqrt{2} \text{ cm}  =/=  10\sqrt{2}\text{ m}
36\pi \text{ in}^3  ==  36π in³
36\pi \text{ in}^3  ==  36π cubic inches
36\pi \text{ in}^3  ==  36\pi \mathrm{~in}^3
36\pi \text{ in}^3  =/=  36\pi \text{ in}^2
\frac{1}{2} \text{ hour}  ==  1/2 hour
\frac{1}{2} \text{ hour}  ==  0.5 hours
\frac{1}{2} \text{ hour}  =/=  0.5 minutes
12\ \text{km}  ==  12\,\text{kilometers}
50 \text{ lb}  ==  50 pounds
4 \text{ ft}  ==  4 feet
4 \text{ ft}  =/=  4 inches
6 \text{ square units}  ==  6
6 \text{ square units}  ==  6 units^2
6 \text{ square units}  ==  6 units²
6 \text{ square units}  =/=  6 cubic units
20 \text{ mph}  ==  20
13 \mathrm{~cm}  ==  13 cm
13 \mathrm{~cm}^2  ==  13 cm^2
13 \mathrm{~cm}  =/=  31 cm
3 \text{ days}  =/=  3 weeks
1 \text{ m}^2  =/=  1 \text{ m}
""",
    "powers radicals logs": r"""
2^{-3}  ==  1/8
2^{-3}  =/=  8
2^{-3}  =/=  -8
(-2)^3  ==  -8
-3^2  ==  -9
-3^2  =/=  9
(-3)^2  ==  9
2^{1/3}  ==  \sqrt[3]{2}
2^{1/3}  ==  ∛2
\sqrt[4]{81}  ==  3
\sqrt[3]{-27}  ==  -3
\sqrt{9}  =/=  \pm 3
\sqrt{9}  =/=  -3
\sqrt{75}-\sqrt{27}  ==  2\sqrt3
\sqrt{6}\cdot\sqrt{10}  ==  2\sqrt{15}
6\sqrt{5}  ==  6 \sqrt{5}
6\sqrt{5}  ==  6\cdot\sqrt{5}
6\sqrt{5}  ==  6 * √5
6\sqrt{5}  ==  6√(5)
6\sqrt{5}  ==  \sqrt{180}
6\sqrt{5}  =/=  \sqrt{30}
6\sqrt{5}  =/=  65
6\sqrt{5}  =/=  6^{\sqrt5}
3\sqrt{3}+\pi  ==  \pi+3\sqrt{3}
3\sqrt{3}+\pi  =/=  3\sqrt{3}-\pi
12\pi - 9\sqrt{3}  ==  3(4\pi-3\sqrt3)
12\pi - 9\sqrt{3}  =/=  9\sqrt{3}-12\pi
x^{3/2}  ==  x\sqrt{x}
(2x)^3  ==  8x^3
(2x)^3  =/=  2x^3
\log 100  ==  2
\log_3 81  ==  4
\log_{2}{x}  ==  \frac{\ln x}{\ln 2}
\ln(ab)  ==  \ln(ba)
\ln x^2  =/=  (\ln x)^2
2\ln 3  ==  \ln 9
e^{\ln 5}  ==  5
e^{2x}  ==  (e^x)^2
e^{2x}  =/=  e^{x^2}
e^{i\pi}  ==  -1
e-1  =/=  1-e
\frac{e+e^{-1}}{2}  ==  \cosh 1
\sin^2 x+\cos^2 x  ==  1
\sin x\cos x  ==  \frac{\sin 2x}{2}
\sin x\cos x  =/=  \sin 2x
\sin(\pi - x)  ==  \sin x
\tan 45^\circ  ==  1
\cos 60^\circ  ==  0.5
\sin 75^\circ  ==  \frac{\sqrt6+\sqrt2}{4}
\tan^2 x + 1  ==  \sec^2 x
\arccos\frac{1}{2}  ==  \frac{\pi}{3}
\csc x  =/=  \sec x
\cos(-x)  ==  \cos x
\sin(-x)  =/=  \sin x
\sinh x  =/=  \sin x
\frac{4}{3}\pi r^3  ==  \frac{4\pi r^3}{3}
\frac{4}{3}\pi r^3  =/=  \frac{3}{4}\pi r^3
\frac{4}{3}\pi r^3  =/=  \frac{4}{3}\pi r^2
""",
    "counting": r"""
\binom{n}{2}  ==  \frac{n(n-1)}{2}
\binom{52}{5}  ==  2598960
\binom{52}{5}  ==  2,598,960
10!  ==  3628800
10!  ==  3,628,800
4!\cdot 3!  ==  144
5!/2!  ==  60
{5 \choose 2}  ==  10
2^5 \cdot 3^2  ==  288
1-\left(\frac{5}{6}\right)^4  ==  \frac{671}{1296}
""",
    "polynomials": r"""
x^4-1  ==  (x-1)(x+1)(x^2+1)
x^4-1  =/=  (x-1)^4
-x^2+4x-3  ==  -(x-1)(x-3)
-x^2+4x-3  =/=  (x-1)(x-3)
(a+b)^3  ==  a^3+3a^2b+3ab^2+b^3
(a+b)^3  =/=  a^3+b^3
2x(x+3)  ==  2x^2+6x
2x(x+3)  =/=  2x^2+3x
3x^2y  ==  3yx^2
3x^2y  =/=  3xy^2
x+y  =/=  x+z
x^2  =/=  X^2
5x^2+2x-7  ==  5x^{2} + 2x - 7
5x^2+2x-7  ==  5*x^2+2*x-7
5x^2+2x-7  =/=  5x^2+2x+7
5x^2+2x-7  =/=  5x^2-7
6(x-1)  ==  6x-6
6(x-1)  =/=  6x-1
x_1+x_2  ==  x_2+x_1
x_1+x_2  =/=  x_1-x_2
\alpha+\beta  ==  β+α
n^2+n  ==  n(n+1)
k  =/=  -k
""",
    "equations": r"""
y = -\frac{2}{3}x + 4  ==  2x+3y=12
y = -\frac{2}{3}x + 4  ==  y = 4 - 2x/3
y = -\frac{2}{3}x + 4  =/=  y = \frac{2}{3}x + 4
y = -\frac{2}{3}x + 4  =/=  y=-\frac{3}{2}x+4
x+2y=5  ==  2y+x=5
x+2y=5  ==  5 = x+2y
x+2y=5  =/=  x+2y=-5
x+2y=5  =/=  2x+y=5
x = 3, y = 4  ==  (3,4)
x = 3, y = 4  ==  y=4, x=3
x = 3, y = 4  =/=  x=4, y=3
x = 3, y = 4  =/=  x=3
x=0 \text{ or } x=5  ==  x = 0, 5
x=0 \text{ or } x=5  ==  0 or 5
x=0 \text{ or } x=5  =/=  x=5
x=0 \text{ or } x=5  =/=  x=0 or x=-5
m=\frac{3}{4}  ==  0.75
A = \pi r^2  ==  \pi r^2
A = \pi r^2  =/=  2\pi r
f^{-1}(x)=\frac{x-3}{2}  ==  \frac{x-3}{2}
f^{-1}(x)=\frac{x-3}{2}  =/=  2x+3
g(t)=3t  =/=  3x
x=\frac{-b\pm\sqrt{b^2-4ac}}{2a}  ==  \frac{-b\pm\sqrt{b^2-4ac}}{2a}
x^2 = 4  =/=  x = 2
\frac{x^2}{4}+\frac{y^2}{9}=1  ==  9x^2+4y^2=36
\frac{x^2}{4}+\frac{y^2}{9}=1  =/=  4x^2+9y^2=36
2x+3y=6  ==  3y=6-2x
2x+3y=6  ==  y = 2 - \frac{2}{3}x
2x+3y=6  =/=  2x+3y=-6
2x+3y=6  =/=  3x+2y=6
y-2=3(x-1)  ==  y=3x-1
y=3(x-2)^2+1  ==  y=3x^2-12x+13
y=3(x-2)^2+1  =/=  y=3(x+2)^2+1
x=-2  =/=  x+2=0
x^2+4x+4=0  =/=  x=-2
V=\frac{1}{3}\pi r^2h  ==  \frac{\pi r^2 h}{3}
d=5t  ==  5t
a_n = 3n+2  ==  3n+2
a_n = 3n+2  =/=  2n+3
f(x) = |x|  =/=  x
f(x)=\sqrt{x+1}  ==  \sqrt{x+1}
f(x)=\sqrt{x+1}  =/=  \sqrt{x}+1
f'(x)=2x  ==  2x
P(x)=x^2-x  ==  x(x-1)
y=e^{2x}  ==  e^{2x}
\frac{dy}{dx}=2x  ==  2x
AB=5  ==  5
\angle ABC = 30^\circ  ==  30^\circ
\angle ABC = 30^\circ  =/=  60^\circ
n = 2k+1  ==  2k+1
P(A)=0.3  ==  \frac{3}{10}
\text{Area}=12  ==  12
\text{Area} = 12\text{ cm}^2  ==  12\text{ cm}^2
x \approx 2.5  ==  2.5
""",
    "inequalities intervals": r"""
x\in(1,2)  ==  1<x<2
x\in(1,2)  ==  (1,2)
x\in(1,2)  =/=  [1,2]
(1,\infty)  =/=  (1,2)
[-3,3]  ==  -3\leq x\leq 3
[-3,3]  =/=  (-3,3)
[-3,3]  =/=  \{-3,3\}
[-3,3]  =/=  -3,3
(-\infty,\infty)  ==  \mathbb{R}
(-\infty,\infty)  ==  all real numbers
(-\infty,\infty)  ==  ℝ
(-\infty,0)\cup(0,\infty)  ==  x \ne 0
(-\infty,0)\cup(0,\infty)  =/=  \mathbb{R}
(-\infty,2]\cup[5,\infty)  ==  x\le2 or x\ge5
(-\infty,2]\cup[5,\infty)  ==  x \leq 2 \text{ or } x \geq 5
(-\infty,2]\cup[5,\infty)  ==  \left(-\infty, 2\right] \cup \left[5, \infty\right)
(-\infty,2]\cup[5,\infty)  =/=  x<2 or x>5
(-\infty,2]\cup[5,\infty)  =/=  2\le x\le 5
(-\infty,2]\cup[5,\infty)  =/=  (-\infty,2]\cap[5,\infty)
(\frac12,3)  ==  (0.5,3)
(0,\sqrt{2}]  ==  (0,√2]
(0,\sqrt{2}]  =/=  [0,\sqrt{2}]
x>3  =/=  3
x>3  =/=  x>-3
x>3  =/=  x\geq 3
x<-2  =/=  x>-2
a\ge 2  ==  2 \leq a
0\le x<1  ==  [0,1)
0\le x<1  ==  1 > x \geq 0
0\le x<1  =/=  [0,1]
""",
    "sets": r"""
\{x \mid x > 2\}  ==  (2,\infty)
\{0\}  ==  0
\{0\}  =/=  \emptyset
\{1, \frac{1}{2}\}  ==  \{0.5, 1\}
\{(1,2),(3,4)\}  ==  (1,2),(3,4)
\{(1,2),(3,4)\}  =/=  \{(2,1),(4,3)\}
-1, 0, 1  ==  1, 0, -1
-1, 0, 1  =/=  0, 1
-1, 0, 1  =/=  -1, 1
-1, 0, 1  =/=  -1,0,1,2
3 \text{ and } 4  ==  4, 3
1,1,2  =/=  1,2,2
(1,1),(2,2)  =/=  (1,2),(1,2)
a, b  =/=  b, c
""",
    "points vectors": r"""
(0,0)  =/=  0
(0,0)  ==  (0, 0)
(0,0)  =/=  (0,0,0)
(-1,2)  =/=  (1,-2)
(1,2]  =/=  (1,2)
\begin{pmatrix}1\\2\end{pmatrix}  =/=  \begin{pmatrix}1&2\end{pmatrix}
\begin{bmatrix}0&1\\-1&0\end{bmatrix}  =/=  \begin{bmatrix}0&-1\\1&0\end{bmatrix}
\begin{bmatrix}0&1\\-1&0\end{bmatrix}  ==  \left[\begin{matrix}0&1\\-1&0\end{matrix}\right]
\begin{bmatrix}0&1\\-1&0\end{bmatrix}  ==  [[0,1],[-1,0]]
2\begin{pmatrix}1\\2\end{pmatrix}  ==  \begin{pmatrix}2\\4\end{pmatrix}
\frac12\begin{pmatrix}1&1\\1&1\end{pmatrix}  ==  \begin{pmatrix}\frac12&\frac12\\\frac12&\frac12\end{pmatrix}
\begin{pmatrix}x\\y\end{pmatrix}  =/=  \begin{pmatrix}y\\x\end{pmatrix}
A(2,3)  =/=  A(3,2)
(2+\sqrt{3},1)  ==  (\sqrt{3}+2,1)
""",
    "text": r"""
\text{east}  =/=  \text{west}
\text{east}  ==  East
\text{2 hours}  ==  2 hours
\text{June}  ==  june
\text{June}  =/=  July
\text{No}  =/=  \text{Not enough information}
\text{no}  =/=  n
\text{(A)}  ==  A
\text{linear}  =/=  \text{nonlinear}
\text{Yes}  =/=  Y or N
\text{increasing}  =/=  decreasing
converges  =/=  diverges
ellipse  ==  \text{ellipse}
\text{Monday}  =/=  \text{Monday or Tuesday}
\text{Navin}  =/=  \text{Navi}
\text{DNE}  ==  DNE
red  =/=  blue
(B)  ==  \boxed{B}
B  ==  (B) 12
B  =/=  b^2
B  =/=  (A) and (B)
C  =/=  C or D
C  ==  {C}
C  ==  \mathbf{C}
C  ==  \mathrm{(C)}
\text{The triangle is isosceles}  ==  the triangle is isosceles
\text{not possible}  =/=  possible
\text{Statistics}  ==  Statistics
\text{A and B}  =/=  A
\text{blue}  ==  Blue
\text{Saturday}  ==  Saturday.
\text{9:30 a.m.}  ==  9:30 am
\text{9:30 a.m.}  =/=  9:30 pm
\text{March}  =/=  May
\text{June 6}  =/=  June 16
\text{all real numbers}  ==  \mathbb{R}
\text{Increasing}  =/=  Decreasing
\text{one}  ==  1
(D)  ==  \text{D}
(D)  =/=  \text{(A)}
\textbf{(C) } 12  ==  C
\textbf{(C) } 12  =/=  B
\text{B, D}  =/=  B
24 : 35  =/=  35:24
24:35  ==  24 : 35
\begin{pmatrix} -2 \\ 3 \end{pmatrix}  ==  \begin{pmatrix} -2 \\ 3 \end{pmatrix}.
\begin{pmatrix} \frac{1}{2} & 0 \\ 0 & 2 \end{pmatrix}  ==  \begin{bmatrix} 0.5 & 0 \\ 0 & 2 \end{bmatrix}
\begin{pmatrix} \cos\theta \\ \sin\theta \end{pmatrix}  =/=  \begin{pmatrix} \sin\theta \\ \cos\theta \end{pmatrix}
\begin{pmatrix} a+b \\ 2 \end{pmatrix}  ==  \begin{pmatrix} b+a \\ 2 \end{pmatrix}
\begin{pmatrix} 1 & 2 \end{pmatrix}  =/=  \begin{pmatrix} 2 & 1 \end{pmatrix}
\begin{pmatrix} 1 & 2 \end{pmatrix}  ==  \begin{bmatrix} 1 & 2 \end{bmatrix}
""",
    "misc": r"""
1:3  ==  1 : 3
1:3  =/=  1:4
1:3  =/=  3:1
5:12  =/=  5:13
120^\circ  ==  120^{\circ}
120^\circ  ==  120°
120^\circ  =/=  60°
30^\circ  ==  \frac{\pi}{6}
\frac{\pi}{6}  =/=  \frac{\pi}{3}
6:00 \text{ PM}  =/=  6:00 AM
6:00 \text{ PM}  ==  6:00 pm
12:05  =/=  12:50
11_2  =/=  3_2
77_8  =/=  77_9
FF_{16}  =/=  FE_{16}
2 \pmod{5}  ==  2 (mod 5)
2 \pmod{5}  =/=  3 \pmod 5
x \equiv 3 \pmod 7  ==  3 \pmod 7
x \equiv 3 \pmod 7  =/=  x \equiv 4 \pmod 7
x \equiv 3 \pmod 7  =/=  x \equiv 3 \pmod 8
\sum_{k=1}^n k  =/=  \sum_{k=0}^n k^2
\frac{n}{n+1}  ==  1-\frac{1}{n+1}
\lfloor 3.7\rfloor  ==  3
\gcd(12,18)  ==  6
|{-7}|  ==  7
1+\frac{1}{2}+\frac{1}{4}  ==  \frac{7}{4}
2019  =/=  -2019
2019  =/=  2.019
2019  =/=  20.19
2019  =/=  2091
""",
    "false positives hunt": r"""
5  =/=  5 or x
5  =/=  x=5 or x=6
5  =/=  5, -5
5  =/=  \pm 5
5  =/=  ±5
5  =/=  |5|x
5  =/=  5=6
5  =/=  5 = 5 = 6
5  =/=  x=5=y=6
5  =/=  4 \neq 5
5  =/=  x>5
5  =/=  x\le 5
5  =/=  x \approx 6
5  =/=  5 \text{ or } 6
5  =/=  5/6
5  =/=  5 6
5  =/=  5-6
5  =/=  5^0
5  =/=  5_6
5  =/=  5'
5  =/=  5''
5  =/=  0.5
5  =/=  .5
5  =/=  5e1
5  =/=  5e-1
5  =/=  5e
5  =/=  5\pi
5  =/=  5 million
5  =/=  5 hundred
5  =/=  5 dozen
5  =/=  5k
5  =/=  5K
5  =/=  5M
5  =/=  5 thousand
5  =/=  5\times 10^0.5
5  =/=  five hundred
5  =/=  fifteen
5  =/=  fifth
5  =/=  1/5
5  =/=  one fifth
5  =/=  \sqrt{5}
5  =/=  \sqrt{-25}
5  =/=  5x^0y
5  =/=  \{5\}, \{6\}
5  =/=  {5, 6}
5  =/=  [5, 6]
5  =/=  (5, 0)
5  =/=  \begin{pmatrix}5\\0\end{pmatrix}
5  =/=  5\begin{pmatrix}1&0\\0&1\end{pmatrix}
5  =/=  \frac{5}{0}
5  =/=  0/0
5  =/=  \infty
5  =/=  5\infty
5  =/=  5 + \epsilon
5  =/=  5+C
5  =/=  5\text{i}
5  =/=  5 j
5  =/=  5, x
5  =/=  5; 6
5  =/=  5 and 6
5  =/=  5 to 6
5  =/=  5:6
5  =/=  5..6
5  =/=  5.5
5  =/=  5,5
5  =/=  5.000001
5  =/=  4.99999
5  =/=  4.\overline{8}
5  =/=  not 5
5  =/=  none
5  =/=  A
5  =/=  5?
5  =/=  5 modulo 7
5  =/=  less than 5
5  =/=  more than 5
5  =/=  at most 5
5  =/=  up to 5
5  =/=  5 or more
5  =/=  5 or fewer
5  =/=  almost 5
5  =/=  over 5
5  =/=  5 and a half
5  =/=  5 squared
5  =/=  5 cubed
5  =/=  5 factorial
5  =/=  square root of 5
5  =/=  5 times x
5  =/=  5 plus 1
5  =/=  5 minus 1
5  =/=  minus 5
5  =/=  negative 5
5  =/=  5 percent of x
5  =/=  5th root
5  =/=  5^{th}
5  =/=  5\cdot
5  =/=  5)
5  =/=  55
5  =/=  5 5
5  =/=  05:00
5  =/=  $5^2$
5  =/=  5\circ f
5  =/=  f(5)
5  =/=  x_5
5  =/=  x_5 = 6
5  =/=  a_5
5  =/=  a=5, b=6
5  =/=  log 5
5  =/=  \ln 5
5  =/=  5\log 5
5  =/=  -5 + 0i
5  =/=  5 (mod 7), 6
0.5  =/=  50
0.5  =/=  0.5\%
0.5  =/=  1:3
0.5  =/=  1/2x
0.5  =/=  5\%
2.5  =/=  2,500
2.5  =/=  25\%
12  =/=  12 \text{ or } -12
100  =/=  10^{-2}
100  =/=  100,0
100  =/=  1e3
100  =/=  1,000
1/2  =/=  2
1/2  =/=  1/2 + x
1/2  =/=  1,2
1/2  =/=  1\frac{1}{2}
1/2  =/=  -\frac{1}{2}
1/2  =/=  (1/2, 1/2)
1/2  =/=  1/2, 1/3
1/2  =/=  \frac{1}{2}\pi
1/2  =/=  12
\frac{3}{2}  =/=  1\frac{1}{3}
\frac{3}{2}  =/=  3\frac{1}{2}
\frac{3}{2}  =/=  \frac{3}{2}x
\frac{3}{2}  =/=  3 2
\frac{2}{3}  =/=  0.6667x
\frac{2}{3}  =/=  0.66
\frac{2}{3}  =/=  0.666
\frac{2}{3}  =/=  0.667
\frac{2}{3}  =/=  66.7\%
\frac{\pi}{2}  =/=  1.57
\frac{\pi}{2}  =/=  90\pi
\frac{\pi}{2}  =/=  45^\circ
\sqrt{2}  =/=  1.4
\sqrt{2}  =/=  1.414
\sqrt{2}  =/=  -\sqrt{2}
\sqrt{2}  =/=  \pm\sqrt{2}
\sqrt{2}  =/=  2
\sqrt{2}  =/=  \sqrt{2}i
\sqrt{2}  =/=  2^2
\sqrt{2}  =/=  \sqrt[2]{4}
\sqrt{2}  =/=  \sqrt[3]{2}
2\sqrt{2}  =/=  2.83
2\sqrt{2}  =/=  2+\sqrt{2}
2\sqrt{2}  =/=  \sqrt{22}
2\sqrt{2}  =/=  \sqrt{2}
2\sqrt{2}  =/=  2\sqrt{2},-2\sqrt{2}
x+1  =/=  x + 1 = 0
x+1  =/=  y=x+2
x+1  =/=  x+1, x
x+1  =/=  x+1+C
x+1  =/=  |x+1|
x+1  =/=  X+1
x+1  =/=  x+i
x+1  =/=  x+l
x^2  =/=  x^{-2}
x^2  =/=  x^2+0.001
x^2  =/=  x^3/|x|
x^2  =/=  (-x)^3/x
x^2+1  =/=  x^2+1=0
x^2+1  =/=  (x+1)^2
x^2+1  =/=  (x+i)(x+i)
\frac{x+1}{x}  =/=  x+\frac{1}{x}
\frac{x+1}{x}  =/=  1+x
|x|  =/=  x
\sqrt{x^2}  =/=  x
\ln x^2  =/=  2x
e^{x+y}  =/=  e^x+e^y
\sin(x+y)  =/=  \sin x+\sin y
\sin x  =/=  \sin y
\sin^{-1} x  =/=  \frac{1}{\sin x}
\log x  =/=  \ln x
2^{n-1}  =/=  2^n-1
n!  =/=  n
(n+1)!  =/=  n!+1
\binom{n}{k}  =/=  \frac{n}{k}
\binom{7}{3}  =/=  \frac{7}{3}
\binom{7}{3}  =/=  34
x=3  =/=  x=3 or x=-3
x=3  =/=  x\neq 3
x=3  =/=  x>3
x=3  =/=  x=3, y=4
x=3  =/=  y = 3
x=3  =/=  x=3x
x=3  =/=  x^2=9
x=3  =/=  x = 3i
x=3,y=4  =/=  4,3
x=3,y=4  =/=  (4,3)
x=3,y=4  =/=  x=3,y=4,z=5
x=3,y=4  =/=  x=3 or x=4
y=x^2  =/=  x=y^2
y=x^2  =/=  y=x^2+1
y=2x  =/=  y=2x, x=2
y=2x  =/=  2x=0
x^2+y^2=1  =/=  x^2+y^2=-1
x^2+y^2=1  =/=  x^2+y^2
x^2+y^2=1  =/=  x^2+y^2<1
x>2  =/=  x>2 or x<-2
x>2  =/=  x>2, x<5
x>2  =/=  2>x
x>2  =/=  (2,\infty]
x>2  =/=  [2,\infty)
x>2  =/=  2
x>2  =/=  x>2.5
x>2  =/=  x>20
1<x<3  =/=  1<x
1<x<3  =/=  x<3
1<x<3  =/=  1<x\le3
1<x<3  =/=  3<x<1
1<x<3  =/=  (3,1)
1<x<3  =/=  1,3
1<x<3  =/=  \{1,3\}
1<x<3  =/=  x<1 or x>3
x<1 or x>3  =/=  1<x<3
x<1 or x>3  =/=  x<3 or x>1
x<1 or x>3  =/=  x\le1 or x\ge3
x<1 or x>3  =/=  x<1 and y>3
(1,3)  =/=  1<3
(1,3)  =/=  (1,3]
(1,3)  =/=  [1,3]
(1,3)  =/=  \{1,3\}
(1,3)  =/=  1.3
(1,3)  =/=  (1,3),(3,1)
(1,3)  =/=  (1,-3)
(1,3)  =/=  (1,3,0)
(1,3)  =/=  (3,1)
(1,3)  =/=  13
(1,3)  =/=  1/3
(1,3)  =/=  1:3
(1,3)  =/=  (1)(3)
[1,3]  =/=  [1,3)
[1,3]  =/=  1,3
[1,3]  =/=  [1,2]\cup[2,3)
[1,3]  =/=  [1,3]\cup[4,5]
(0,1)\cup(2,3)  =/=  (0,1)
(0,1)\cup(2,3)  =/=  (0,3)
(0,1)\cup(2,3)  =/=  (0,1)\cap(2,3)
(0,1)\cup(2,3)  =/=  (0,1]\cup(2,3)
\mathbb{R}  =/=  \mathbb{Z}
\mathbb{R}  =/=  \mathbb{R}^2
\mathbb{R}\setminus\{2\}  =/=  \mathbb{R}\setminus\{-2\}
\mathbb{R}\setminus\{2\}  =/=  \mathbb{R}
\{1,2\}  =/=  \{1\}
\{1,2\}  =/=  \{1,2,2,3\}
\{1,2\}  =/=  (1,2)
\{1,2\}  =/=  [1,2]
\{1,2\}  =/=  \{12\}
\{1,2\}  =/=  1.2
\emptyset  =/=  \{\emptyset\}
\emptyset  =/=  \{0\}
\emptyset  =/=  none of the above
1,2,3  =/=  1,2
1,2,3  =/=  1,23
1,2,3  =/=  12,3
1,2,3  =/=  6
1,2,3  =/=  1+2+3
1,2,3  =/=  1,2,3,\ldots
1,2,3  =/=  1,2,4
1,2  =/=  1,-2
1,2  =/=  (1,2)
1,2  =/=  1,2,\ldots
5\text{ cm}  =/=  5 inches
5\text{ cm}  =/=  5 cm^2
5\text{ cm}  =/=  0.5 cm
5\text{ cm}  =/=  50 mm
5\text{ cm}  =/=  5 cents
5\text{ kg}  =/=  5 g
5\text{ kg}  =/=  5 lb
5\text{ m/s}  =/=  5 km/h
5\text{ m/s}  =/=  5 m
5\text{ m/s}  =/=  5 s/m
5\text{ m}^3  =/=  5\text{ m}^2
\$5  =/=  5 cents
\$5  =/=  5\%
\$5  =/=  \$5 million
\$5.00  =/=  \$500
\$1,000  =/=  \$1
\$1,000  =/=  \$1.000
50\%  =/=  50 dollars
50\%  =/=  0.05
50\%  =/=  5
50\%  =/=  1/5
50\%  =/=  50 cm
60^\circ  =/=  60 cm
60^\circ  =/=  60\pi
60^\circ  =/=  60 radians
60^\circ  =/=  \frac{\pi}{6}
60^\circ  =/=  60\%
60^\circ  =/=  60, 120
1:2  =/=  1:2:3
1:2  =/=  12
1:2  =/=  1,2
1:2  =/=  2/1
2:3  =/=  3/2
101_2  =/=  101_{10}
101_2  =/=  1010_2
101_2  =/=  -101_2
10  =/=  1010_2
10  =/=  10_2
10  =/=  A
3:00  =/=  3
3:00  =/=  15:00 PM
3:00 PM  =/=  3:00 AM
3 \pmod 5  =/=  3 \pmod 7
3 \pmod 5  =/=  5 \pmod 3
3+2i  =/=  2+3i
3+2i  =/=  3+2
3+2i  =/=  3+2x
3+2i  =/=  (3,2)
3+2i  =/=  3+2i, 3-2i
3+2i  =/=  3\pm 2i
i  =/=  1
i  =/=  \sqrt{1}
i  =/=  j
A  =/=  a
A  =/=  not A
A  =/=  A and B
A  =/=  A/B
A  =/=  A, C
A  =/=  (A), (B)
A  =/=  Apple
A  =/=  An answer
A  =/=  A+
A  =/=  ABCDE
A  =/=  1
B  =/=  8
B  =/=  13
C  =/=  \text{(A) or (C)}
yes  =/=  yes and no
yes  =/=  not yes
yes  =/=  yes or no
yes  =/=  maybe
no  =/=  none
no  =/=  no solution
no  =/=  nope, yes
true  =/=  1
true  =/=  untrue
false  =/=  0
Tuesday  =/=  Tuesday or Wednesday
Tuesday  =/=  not Tuesday
Tuesday  =/=  Day
even  =/=  not even
even  =/=  evenly
odd  =/=  even or odd
increasing  =/=  not increasing
John  =/=  Johnson
2^{10}  =/=  210
2^{10}  =/=  2\cdot10
2^{10}  =/=  10^2
2^{10}  =/=  2^10-1
2^{10}  =/=  1e3
2^{100}  =/=  2^{101}
2^{100}  =/=  1.2676506e30
10^{20}  =/=  10^{20}+1
10^{20}  =/=  100000000000000000001
123456789  =/=  123456788
123456789012  =/=  123456789013
1e10  =/=  1e-10
6.022e23  =/=  6.02e23
0.1  =/=  0.10001
0.1  =/=  1e-2
0.333  =/=  \frac13
0.3333  =/=  \frac13
\pi  =/=  3
\pi  =/=  180
\pi  =/=  p i
\pi  =/=  2\pi
\pi^2  =/=  9.87
\pi^2  =/=  2\pi
e  =/=  2.718
e  =/=  E
e^3  =/=  20.09
\ln 2  =/=  0.693
\ln 2  =/=  \log 2
\begin{pmatrix}1&0\\0&1\end{pmatrix}  =/=  1
\begin{pmatrix}1&0\\0&1\end{pmatrix}  =/=  \begin{vmatrix}1&0\\0&1\end{vmatrix}
\begin{pmatrix}1&0\\0&1\end{pmatrix}  =/=  I
\begin{pmatrix}1&0\\0&1\end{pmatrix}  =/=  \begin{pmatrix}0&1\\1&0\end{pmatrix}
\begin{pmatrix}1&0\\0&1\end{pmatrix}  =/=  \begin{pmatrix}1&0&0\\0&1&0\end{pmatrix}
\begin{pmatrix}1\\2\end{pmatrix}  =/=  1,2
\begin{pmatrix}1\\2\end{pmatrix}  =/=  3
\begin{pmatrix}1\\2\end{pmatrix}  =/=  \begin{pmatrix}-1\\2\end{pmatrix}
(x-1)(x+2)  =/=  (x+1)(x-2)
(x-1)(x+2)  =/=  x=1,-2
(x-1)(x+2)  =/=  1,-2
3x  =/=  3
3x  =/=  x^3
3x  =/=  3+x
3x  =/=  3 \text{ x}
f(x)=2x  =/=  f(x)=2
f(x)=2x  =/=  f(2)=x
f(x)=2x  =/=  g(x)=2x+1
\infty  =/=  undefined
\infty  =/=  8
-\infty  =/=  \infty
undefined  =/=  \infty
January 5  =/=  January 6
January 5, 2024  =/=  May 1, 2024
12/25  =/=  25/12
2024  =/=  20 24
2024  =/=  2024-01-05
2018  =/=  2024-01-05
""",
    "algebra hard": r"""
\frac{\sqrt{6}-\sqrt{2}}{4}  ==  \sin 15^\circ
\frac{\sqrt{6}-\sqrt{2}}{4}  ==  \frac{1}{4}(\sqrt{6}-\sqrt{2})
\frac{\sqrt{6}-\sqrt{2}}{4}  =/=  \frac{\sqrt{6}+\sqrt{2}}{4}
\frac{3\pi}{4}  ==  135^\circ
\frac{3\pi}{4}  ==  \frac{3}{4}\pi
\frac{3\pi}{4}  ==  3\pi/4
\frac{3\pi}{4}  ==  .75\pi
\frac{3\pi}{4}  =/=  3/4\pi^2
\frac{1}{2}\ln 3  ==  \ln\sqrt{3}
\frac{1}{2}\ln 3  ==  \frac{\ln 3}{2}
\frac{1}{2}\ln 3  =/=  \ln\frac{3}{2}
\log_2 (x+1)  =/=  \log_2 x+1
\log_{1/2} 8  ==  -3
\log_9 27  ==  \frac{3}{2}
\log_5 \frac{1}{25}  ==  -2
e^{x}+C  ==  C+e^x
x e^x - e^x + C  ==  (x-1)e^x+C
x e^x - e^x + C  =/=  (x-1)e^x
\frac{x^3}{3}+C  ==  \frac{1}{3}x^3+C
\frac{x^3}{3}+C  =/=  \frac{x^3}{3}
-\frac{1}{x^2}  ==  -x^{-2}
\frac{2x}{(x^2+1)^2}  ==  2x(x^2+1)^{-2}
\frac{2x}{(x^2+1)^2}  =/=  -\frac{2x}{(x^2+1)^2}
\frac{2x}{(x^2+1)^2}  =/=  \frac{2x}{x^2+1}
6x^2-4x+1  ==  1-4x+6x^2
\sqrt{a^2+b^2}  =/=  a+b
\sqrt{ab}  ==  (ab)^{1/2}
\frac{1}{\sqrt{x}}  ==  x^{-1/2}
\frac{1}{\sqrt{x}}  =/=  \sqrt{x}
\frac{a}{b}+\frac{c}{d}  ==  \frac{ad+bc}{bd}
\frac{a}{b}+\frac{c}{d}  =/=  \frac{a+c}{b+d}
\frac{x-1}{x+1}  =/=  \frac{1-x}{1+x}
a^m a^n  ==  a^{m+n}
(a^m)^2  ==  a^{2m}
\left(\frac{2}{3}\right)^3  ==  \frac{8}{27}
\left(\frac{2}{3}\right)^{-1}  ==  1.5
\frac{n(n+1)(2n+1)}{6}  ==  \frac{2n^3+3n^2+n}{6}
\frac{1-r^n}{1-r}  ==  \frac{r^n-1}{r-1}
3 \cdot 2^{n-1}  ==  \frac{3\cdot2^n}{2}
3 \cdot 2^{n-1}  =/=  6^{n-1}
(-1)^n  =/=  -1^n
2\cos\theta  ==  2\cos(\theta)
2\cos\theta  ==  2cosθ
2\cos\theta  =/=  \cos 2\theta
r = 2\cos\theta  ==  2\cos\theta
\sin^2\theta  ==  (\sin\theta)^2
\sin^2\theta  ==  \frac{1-\cos2\theta}{2}
\tan\frac{x}{2}  ==  \frac{\sin x}{1+\cos x}
\cos\left(\frac{\pi}{2}-x\right)  ==  \sin x
\frac{\cos x}{\sin x}  ==  \cot x
1+\tan^2 x  =/=  \csc^2 x
5\cos x + 5\sin x  ==  5(\sin x+\cos x)
\sqrt{-9}  ==  3i
(2+i)(2-i)  ==  5
\frac{5}{2+i}  ==  2-i
\overline{z}  =/=  z
|3+4i|  ==  5
e^{2\pi i}  ==  1
\cos 120^\circ + i\sin 120^\circ  ==  -\frac12+\frac{\sqrt3}{2}i
2e^{i\pi/3}  ==  1+i\sqrt{3}
2e^{i\pi/3}  =/=  1-i\sqrt{3}
-i  ==  i^3
4i  =/=  4
i\sqrt{7}  ==  \sqrt{7}i
\pm i  ==  i, -i
\pm 2i  =/=  2i
1 \pm i\sqrt{3}  ==  1+\sqrt3 i, 1-\sqrt3 i
""",
    "lists": r"""
-3, \frac{1}{2}  ==  x=\frac12, x=-3
-3, \frac{1}{2}  ==  0.5, -3
-3, \frac{1}{2}  ==  x \in \{-3, \frac{1}{2}\}
-3, \frac{1}{2}  ==  \left\{-3, \tfrac12\right\}
-3, \frac{1}{2}  =/=  3, -\frac{1}{2}
\sqrt{2}, -\sqrt{2}  ==  \pm\sqrt{2}
\sqrt{2}, -\sqrt{2}  ==  -\sqrt2,\sqrt2
\sqrt{2}, -\sqrt{2}  =/=  \sqrt{2}
0, 1, -1  ==  \{-1,0,1\}
x = 2, -2  ==  x=\pm 2
x = 2, -2  ==  \pm 2
(1,2), (-1,-2)  ==  (-1,-2) \text{ and } (1,2)
(1,2), (-1,-2)  ==  \{(1,2),(-1,-2)\}
(1,2), (-1,-2)  =/=  (1,-2),(-1,2)
(1,2), (-1,-2)  =/=  (1,2),(-1,-2),(0,0)
(\pm 1, 2)  =/=  (1,2)
\frac{\pi}{6}, \frac{5\pi}{6}  ==  \frac{5\pi}{6},\frac{\pi}{6}
\frac{\pi}{6}, \frac{5\pi}{6}  ==  x=\frac{\pi}{6} or x=\frac{5\pi}{6}
\frac{\pi}{6}, \frac{5\pi}{6}  =/=  \frac{\pi}{6}
\frac{\pi}{6}, \frac{5\pi}{6}  =/=  \frac{\pi}{6}, \frac{7\pi}{6}
2, 3, 5, 7  =/=  2, 3, 5
2, 3, 5, 7  =/=  2, 3, 5, 7, 11
2, 3, 5, 7  =/=  2357
2, 3, 5, 7  ==  2, 3, 5 and 7
2, 3, 5, 7  ==  2, 3, 5, and 7
2, 3, 5, 7  ==  2;3;5;7
1000, 2000  ==  1,000 and 2,000
(a,b)=(2,3)  ==  (2,3)
(a,b)=(2,3)  ==  a=2, b=3
(a,b)=(2,3)  =/=  a=3, b=2
a=2, b=3  ==  a = 2 and b = 3
a=2, b=3  ==  b=3, a=2
a=2, b=3  =/=  a=2, b=-3
x=1,y=2,z=3  ==  (1,2,3)
x=1,y=2,z=3  =/=  (3,2,1)
""",
    "units etc": r"""
3\frac{1}{2} \text{ cups}  ==  3.5 cups
3\frac{1}{2} \text{ cups}  ==  3 1/2 cups
3\frac{1}{2} \text{ cups}  =/=  3 cups
1.5 \text{ hours}  ==  1.5 hrs
90 \text{ km}  ==  90 kilometres
90 \text{ km}  ==  90 km.
5\sqrt{3} \text{ m}  ==  5\sqrt{3}\ \text{meters}
5\sqrt{3} \text{ m}  ==  5√3 meters
5\sqrt{3} \text{ m}  =/=  5 m
\frac{25\pi}{4} \text{ ft}^2  ==  \frac{25\pi}{4}
\frac{25\pi}{4} \text{ ft}^2  ==  6.25π ft²
12 \text{ inches}  =/=  1 foot
100 \text{ cm}  =/=  1 cm
2 \text{ m}  =/=  2 \text{ mm}
7 \text{ dollars}  ==  \$7
75 \text{ cents}  ==  75¢
75 \text{ cents}  ==  75 cents
75 \text{ cents}  =/=  \$75
\$0.75  =/=  0.75 cents
\$2,500.50  ==  2500.5
\$2,500.50  =/=  250050
€3,50  =/=  €350
12 \text{ N}  ==  12 newtons
4.0\times 10^{3}\text{ J}  ==  4000 J
1.2 \text{ kg}  =/=  1200 kg
""",
    "numbers exotic": r"""
1,234.5  ==  1234.50
1.0e-5  ==  0.00001
1.0e-5  ==  10^{-5}
2.50 \times 10^{-3}  ==  0.0025
2.50 \times 10^{-3}  ==  \frac{1}{400}
9.99e2  ==  999
-0.5  ==  -.5
-0.5  ==  −0.5
-0.5  ==  -\tfrac{1}{2}
-0.5  =/=  .5
0  ==  0.0
0  ==  \frac{0}{7}
0  ==  $0$
0  =/=  \emptyset
0  =/=  no solution
0  =/=  -1
0  =/=  none
0  =/=  O
1  =/=  l
1  =/=  I
1  ==  100\%
-1  ==  -1.0
2^{-1}  ==  0.5
\frac{10}{5}  ==  2
2  ==  \frac{\sqrt{16}}{2}
1/3  =/=  0.3333
1/3  =/=  33\%
1/3  =/=  3
0.\overline{6}  ==  \frac{2}{3}
0.\overline{6}  =/=  0.6
0.\overline{6}  =/=  \frac{3}{5}
0.1\overline{23}  ==  \frac{61}{495}
0.1\overline{23}  =/=  0.\overline{123}
.\overline{36}  ==  \frac{4}{11}
3.\overline{142857}  ==  \frac{22}{7}
\frac{123}{999}  ==  0.\overline{123}
""",
    "near misses": r"""
17  =/=  1 7
17  =/=  17, 0
17  =/=  17.5
17  =/=  71
17  =/=  17x+0
17  =/=  17\text{ or }18
17  =/=  17 + \frac{1}{2}
17  =/=  17\frac{1}{2}
17  =/=  -17
17  =/=  $-17$
17  =/=  17^\circ + 1
17  =/=  17\sqrt{1.0001}
17  =/=  \frac{17}{2}
17  =/=  {17, 18}
17  =/=  17 (mod 18) or 3
17  =/=  n=17 or n=18
17  =/=  17 \cup 18
17  =/=  17 < n < 19
17  =/=  16 < n < 18
17  =/=  17 \pm 1
17  =/=  17±0.5
17  =/=  17e0.5
17  =/=  seventy
17  =/=  seventy-one
17  =/=  seventeen hundred
17  =/=  17/17
17  =/=  \boxed{17}, \boxed{18}
17  =/=  17 | 34
17  =/=  17 \mid n
17  =/=  17\vec{i}
17  =/=  \log 17
17  =/=  17 \ln e^2
17  =/=  0.17
17  =/=  1.7
17  =/=  170
17  =/=  1,7
17  =/=  17,000
17  =/=  17 thousand
17  =/=  17\%\text{ of }x
17  =/=  f(17)
17  =/=  17!
17  =/=  17-
17  =/=  x^17
17  =/=  \sum_{k=1}^{17} k
17  =/=  \int_0^{17} x dx
17  =/=  \lim_{x\to 17} x^2
17  =/=  \max(17, 18)
17  =/=  \gcd(17, 34) + 1
17  =/=  \lfloor 17.9 \rfloor + 1
17  =/=  \lceil 17.1 \rceil
17  =/=  \begin{pmatrix}17\\17\end{pmatrix}
17  =/=  [17, 17]
17  =/=  17:17
17  =/=  17:00
17  =/=  \{17, -17\}
17  =/=  |x|=17
17  =/=  x^2=17
17  =/=  2x=17
17  =/=  x+1=17
17  =/=  -x=17
17  =/=  1/x=17
17  =/=  x=17y
17  =/=  x/2=17
17  =/=  \sqrt{x}=17
17  =/=  x \geq 17
17  =/=  x \equiv 17
17  =/=  17 \in S
17  =/=  \approx 18
17  =/=  17 = 18
17  =/=  18 = 17 + 1
17  =/=  17 + 1 = 18
17  =/=  17 = x + 1
\frac{5}{7}  =/=  \frac{5}{7}, \frac{2}{7}
\frac{5}{7}  =/=  1-\frac{5}{7}
\frac{5}{7}  =/=  \frac{5}{7}\%
\frac{5}{7}  =/=  5:7:1
\frac{5}{7}  =/=  \frac{5}{7}=x+1
\frac{5}{7}  =/=  0.71
\frac{5}{7}  =/=  0.714
\frac{5}{7}  =/=  0.7143x
\frac{5}{7}  =/=  \frac{5.0}{7.1}
\frac{5}{7}  =/=  \frac{5}{-7}
\frac{5}{7}  =/=  5\frac{1}{7}
\frac{5}{7}  =/=  \sqrt{\frac{5}{7}}
\frac{5}{7}  =/=  (\frac{5}{7})^2
\frac{5}{7}  =/=  \frac57 < x
\frac{5}{7}  =/=  \binom{7}{5}
4\sqrt{3}  =/=  4\sqrt{3}, 0
4\sqrt{3}  =/=  \sqrt{43}
4\sqrt{3}  =/=  \sqrt[4]{3}
4\sqrt{3}  =/=  4^{\sqrt{3}}
4\sqrt{3}  =/=  \sqrt{12}
4\sqrt{3}  =/=  6.928
4\sqrt{3}  =/=  4\sqrt{3}i
4\sqrt{3}  =/=  \frac{4}{\sqrt{3}}
4\sqrt{3}  =/=  3\sqrt{4}
4\sqrt{3}  =/=  4+\sqrt{3}
6\pi  =/=  6
6\pi  =/=  36\pi
6\pi  =/=  6\pi^2
6\pi  =/=  6+\pi
6\pi  =/=  18.85
6\pi  =/=  6\pi r
6\pi  =/=  1080^\circ + 1
6\pi  =/=  \pi/6
6\pi \text{ cm}  =/=  6\pi \text{ m}
6\pi \text{ cm}  =/=  6\pi \text{ cm}^2
6\pi \text{ cm}  =/=  6\pi cm^2
6\pi  =/=  6\pi km or 7
2\pi r  =/=  2\pi
2\pi rh  =/=  2\pi r
2\pi h  =/=  2\pi
2\pi in  =/=  3\pi in
(x+2)(x-3)  =/=  x^2-x+6
(x+2)(x-3)  =/=  x^2+x-6
(x+2)(x-3)  =/=  (x+2)(x-3)=0
(x+2)(x-3)  =/=  (x+2)+(x-3)
(x+2)(x-3)  =/=  (x+2),(x-3)
(x+2)(x-3)  =/=  (y+2)(y-3)
(4,-1)  =/=  (4,1)
(4,-1)  =/=  (-1,4)
(4,-1)  =/=  [4,-1]
(4,-1)  =/=  4-1
(4,-1)  =/=  (4)-1
(4,-1)  =/=  \{4,-1\}
(4,-1)  =/=  4,-1,0
(4,-1)  =/=  (4,-1) or (1,-4)
(4,-1)  =/=  x=-1, y=4
(4,-1)  =/=  (4;1)
[3,8)  =/=  [3,8]
[3,8)  =/=  (3,8]
[3,8)  =/=  3<x<8
[3,8)  =/=  3\le x\le 8
[3,8)  =/=  x\ge 3
[3,8)  =/=  x<8
[3,8)  =/=  [3,8)\cup\{9\}
[3,8)  =/=  \{3,4,5,6,7\}
[3,8)  =/=  x<3 or x\ge8
[3,8)  =/=  3.8
x\ge 4  =/=  x=4
x\ge 4  =/=  x>4
x\ge 4  =/=  [4,\infty]
x\ge 4  =/=  (4,\infty)
x\ge 4  =/=  x\ge -4
x\ge 4  =/=  -x\ge -4
x\ge 4  =/=  4\ge x
x\ge 4  =/=  x\ge 4 or x\le -4
2-5i  =/=  2+5i
2-5i  =/=  -2+5i
2-5i  =/=  5-2i
2-5i  =/=  2-5
2-5i  =/=  2-5j+1
2-5i  =/=  |2-5i|
\$40  =/=  \$40 or \$50
\$40  =/=  \$4.0
\$40  =/=  40\%
\$40  =/=  40 euros
\$40  =/=  40 cents
\$40  =/=  40 pounds
12 \text{ hours}  =/=  12 days
12 \text{ hours}  =/=  12:00
12 \text{ hours}  =/=  720
12 \text{ sq ft}  =/=  12 ft
45 \text{ mph}  =/=  45 m/s
45 \text{ mph}  =/=  45 miles
10^{-5}  =/=  10^5
10^{-5}  =/=  -10^5
10^{-5}  =/=  10^{-6}
10^{-5}  =/=  0
7.2\times10^6  =/=  7.2\times10^7
7.2\times10^6  =/=  7.2\times 60
7.2\times10^6  =/=  72\times10^6
7.2\times10^6  =/=  7.2+10^6
7.2\times10^6  =/=  7.2
C  =/=  C, D
C  =/=  (D) C
C  =/=  not C
C  =/=  A/C
C  =/=  3
C  =/=  \mathbb{C}
C  =/=  c
C  =/=  CC
Friday  =/=  Friday or Saturday
Friday  =/=  Good Friday
Friday  =/=  Fri or Sat
Friday  =/=  5
parallel  =/=  perpendicular
parallel  =/=  not parallel
always  =/=  not always
always  =/=  never
False  =/=  True
False  =/=  not false
\text{rational}  =/=  \text{irrational}
\text{rational}  =/=  not rational
9:15  =/=  9.15
9:15  =/=  15:9
9:15  =/=  9:51
13_5  =/=  13_6
13_5  =/=  8
13_5  =/=  31_5
2:5  =/=  5:2
2:5  =/=  2.5
2:5  =/=  25
\sin 2x  =/=  2\sin x
\sin 2x  =/=  \sin^2 x
\cos^{-1} x  =/=  \sec x
\log_2 10  =/=  5
\log_2 10  =/=  \log_{10} 2
e^{3x}  =/=  3e^x
e^{3x}  =/=  e^{x^3}
2^n  =/=  n^2
2^n  =/=  2n
n^2-1  =/=  (n-1)^2
-1/4  =/=  1/4
-1/4  =/=  -4
-1/4  =/=  -0.4
0.75  =/=  0.750001
0.75  =/=  7.5
0.75  =/=  75
0.75  =/=  3:5
""",
}

RESPONSES: dict[str, tuple[tuple[str, str, bool], ...]] = {
    "stated": (
        ("42", "So we get \\boxed{42}.", True),
        ("42", "First \\boxed{41}, but after checking, the result is \\boxed{42}.", True),
        ("42", "First \\boxed{42}, but after checking, the result is \\boxed{41}.", False),
        ("42", "\\boxed{\\boxed{42}}", True),
        ("42", "$\\boxed{42}$ square meters", True),
        ("42", "\\[\\boxed{42}\\]", True),
        ("42", "\\boxed{42\\text{ cm}}", True),
        ("42", "Work...\n#### 42", True),
        ("42", "Work...\n#### 42.", True),
        ("42", "Work...\n#### $42", True),
        ("1,042", "Work...\n#### 1042", True),
        ("42", "Work...\n#### 43", False),
        ("42", "Work with 42 apples...\n#### 24", False),
        ("42", "The answer is 42.", True),
        ("42", "The answer is: 42", True),
        ("42", "The answer is **42**.", True),
        ("42", "**Answer:** 42", True),
        ("42", "**Final Answer: 42**", True),
        ("42", "Final Answer: The final answer is $42$. I hope it is correct.", True),
        ("42", "Therefore, she has **42** apples.", True),
        ("42", "Therefore, she has 42 apples left.", True),
        ("42", "Therefore, she has 24 apples left.", False),
        ("42", "The answer is not 42, but 43.", False),
        ("42", "I think the answer could be 42 or 43.", False),
        ("42", "<think>maybe 41</think>The answer is 42", True),
        ("42", "<think>It is 42. The answer is 42", False),
        ("42", "<think>\\boxed{42}", False),
        ("42", "<think>\\boxed{42}</think>I cannot say.", False),
        ("42", "<think>hmm</think>\n\n\\boxed{42}", True),
        ("42", "Let me compute: 6*7 = 42", True),
        ("42", "6 \\times 7 = 42", True),
        ("42", "We get \\boxed{42", False),
        ("42", "We get \\boxed{4", False),
        ("42", "I'm sorry, I can't help with that.", False),
        ("42", "", False),
        ("42", "I don't know", False),
        ("42", "<answer>42</answer>", True),
        ("42", "<think>a</think><answer> 42 </answer>", True),
        ("42", "<answer>43</answer>", False),
        ("42", "Answer: $\\boxed{42.0}$", True),
        ("1/2", "Thus the probability is $\\frac{1}{2}$.", True),
        ("1/2", "Thus the probability is 1/2.", True),
        ("1/2", "Thus the probability is 0.5.", True),
        ("1/2", "Thus the probability is $\\frac{1}{3}$.", False),
        ("1/2", "\\boxed{50\\%}", True),
        ("\\frac{3}{4}", "\\boxed{\\tfrac{3}{4}}", True),
        ("\\frac{3}{4}", "\\boxed{\\dfrac{3}{5}}", False),
        ("\\frac{3}{4}", "The answer is \\(\\frac{3}{4}\\).", True),
        ("A", "The answer is (A).", True),
        ("A", "The answer is A.", True),
        ("A", "Answer: A", True),
        ("A", "The correct option is **A**.", True),
        ("A", "\\boxed{A}", True),
        ("A", "\\boxed{\\text{A}}", True),
        ("A", "\\boxed{\\textbf{(A)}\\ 42}", True),
        ("A", "\\boxed{B}", False),
        ("A", "The answer is (B).", False),
        ("A", "A train leaves at noon. The answer is (C).", False),
        ("C", "So C is correct.", True),
        ("C", "Option A is wrong. Option B is wrong. Therefore, the answer is option C.", True),
        ("B", "Answer: B) 15", True),
        ("B", "(B) 15 is what we get.", True),
        ("D", "**D**", True),
        ("x=1 or x=2", "The solutions are $x=1$ and $x=2$.", True),
        ("1,2", "The solutions are $x=1$ and $x=2$.", True),
        ("1,2", "The solutions are \\boxed{1} and \\boxed{2}.", True),
        ("1,2", "The solutions are \\boxed{1,2}.", True),
        ("1,2", "The solution is \\boxed{2}.", False),
        ("1,2", "The solutions are \\boxed{1, 2, 3}.", False),
        ("(3,4)", "So $(x,y)=\\boxed{(3,4)}$.", True),
        ("(3,4)", "So $(x,y)=\\boxed{(4,3)}$.", False),
        ("[0,1)", "the range is \\boxed{[0,1)}", True),
        ("[0,1)", "the range is \\boxed{(0,1)}", False),
        ("[0,1)", "the range is $[0, 1)$.", True),
        ("x^2+2x+1", "\\boxed{(x+1)^2}", True),
        ("x^2+2x+1", "\\boxed{x^2+2x-1}", False),
        ("18", "Janet makes $18 every day.", True),
        ("18", "She makes 9 * 2 = $<<9*2=18>>18 every day at the market.\n#### 18", True),
        ("18", "She earns \\$18.", True),
        ("18", "She earns \\$18.50.", False),
        ("70000", "The profit is $70,000.", True),
        ("70000", "The profit is $70,000", True),
        ("70000", "The profit is $7,000.", False),
        ("540", "He runs 540 meters a week.", True),
        ("540", "He runs 3*3=9 sprints, 9*60=540 meters", True),
        ("540", "He runs 540 meters in 3 weeks.", False),
        ("Tuesday", "It falls on \\boxed{\\text{Tuesday}}.", True),
        ("Tuesday", "The answer is Tuesday.", True),
        ("Tuesday", "The answer is Wednesday.", False),
        ("Yes", "\\boxed{Yes}", True),
        ("Yes", "The answer is yes.", True),
        ("Yes", "The answer is no.", False),
        ("No", "Answer: No", True),
        ("2\\sqrt{3}", "The length is $2\\sqrt{3}$ cm.", True),
        ("2\\sqrt{3}", "The length is 2√3.", True),
        ("2\\sqrt{3}", "The length is $\\sqrt{12}$.", True),
        ("2\\sqrt{3}", "The length is $3\\sqrt{2}$.", False),
        ("\\pi", "The area is $\\pi \\approx 3.14$.", True),
        ("\\pi", "The area is 3.14.", False),
        ("-5", "x = -5", True),
        ("-5", "Thus x = -5.", True),
        ("-5", "Thus x = 5.", False),
        ("-5", "The answer is −5.", True),
        ("5", "**5**", True),
        ("5", "So the final result:\n\n5", True),
        ("5", "Therefore $x = 5$.", True),
        ("5", "Therefore $x = 5$, which checks: $2(5) = 10$.", False),
        ("5", "5\n\nExplanation: 2+3 = 5", True),
        ("42", "\\boxed{41} or \\boxed{42}", False),
        ("42", "The answer is \\boxed{42} or maybe \\boxed{43}", False),
        ("42", "\\boxed{42}\\n\\n\\boxed{}", False),
        ("42", "\\boxed{\\frac{84}{2}}", True),
        ("42", "\\boxed{42}, \\boxed{42}", True),
        ("3.5", "The answer is 3.5 hours.", True),
        ("3.5", "The answer is 3 hours 30 minutes", False),
        ("1000", "That makes 1,000 in total.", True),
        ("60", "$\\boxed{60^\\circ}$", True),
        ("60^\\circ", "The angle is 60 degrees.", True),
        ("60^\\circ", "The angle is $60^\\circ$.", True),
        ("60^\\circ", "The angle is $120^\\circ$.", False),
        ("3:4", "The ratio is 3:4.", True),
        ("3:4", "The ratio is 4:3.", False),
        ("25\\%", "The increase is 25%.", True),
        ("25\\%", "The increase is 52%.", False),
        ("42", "The answer is 42\n\nUser: What is 3+3?\nAssistant: The answer is 6", False),
        ("42", "The answer is 42<|endoftext|>", True),
        ("42", "\\boxed{42}</s>", True),
        (
            "\\begin{pmatrix}1\\\\2\\end{pmatrix}",
            "\\boxed{\\begin{pmatrix}1\\\\2\\end{pmatrix}}",
            True,
        ),
        (
            "\\begin{pmatrix}1\\\\2\\end{pmatrix}",
            "\\boxed{\\begin{pmatrix}2\\\\1\\end{pmatrix}}",
            False,
        ),
        ("42", "\\framebox{42}", True),
        ("42", "\\fbox{42}", True),
        ("42", "ANSWER: 42", True),
        ("42", "The final answer is:\n$$\n42\n$$", True),
        ("42", "Answer: \\(42\\)", True),
        ("42", "答案是 42", True),
    ),
    "found in prose": (
        ("8", "Let's see. 3 + 5 = 8. So there are 8 apples.", True),
        ("8", "The total is 8 apples.", True),
        ("8", "So there are **8 apples** in total.", True),
        ("8", "Answer: **8**", True),
        ("8", "### Answer\n8", True),
        ("8", "### Final Answer\n\n$$\\boxed{8}$$", True),
        ("8", "\\[ x = 8 \\]", True),
        ("8", "\\[\nx = 8\n\\]", True),
        ("8", "$$x = 8$$", True),
        ("8", "Thus, $x = \\boxed{ 8 }$.", True),
        ("8", "Thus, $x = \\boxed{8}$, since $x\\ne 9$.", True),
        ("8", "\\boxed{x = 8}", True),
        ("8", "\\boxed{8}\\boxed{8}", True),
        ("8", "the answer is $\\boxed{8}$. Wait, no: $\\boxed{9}$.", False),
        ("8", "the answer is 9. Wait, no: the answer is 8.", True),
        ("8", "Answer: 8 (since 2^3 = 8)", True),
        ("8", "Answer: 9 (not 8)", False),
        ("8", "The answer is 8, not 9.", True),
        ("8", "The answer isn't 8.", False),
        ("8", "The answer is definitely not 8.", False),
        ("8", "It is impossible to tell.", False),
        ("8", "#### 8 apples", True),
        ("8", "#### **8**", True),
        ("8", "####\n8", True),
        ("8", "#### 9\n#### 8", True),
        ("8", "#### 8\n#### 9", False),
        ("8", "<think>Let me think. #### 8</think>\n#### 9", False),
        ("8", "<think>\n</think>\n\n8", True),
        ("8", "<think>...8", False),
        ("8", "</think>\\boxed{8}", True),
        ("8", "\\boxed{8}</think>", False),
        ("8", "\\boxed{-8}", False),
        ("8", "\\boxed{8x}", False),
        ("8", "\\boxed{80}", False),
        ("8", "\\boxed{\\$8}", True),
        ("8", "\\boxed{8 \\text{ apples}}", True),
        ("8", "\\boxed{8\\%}", True),
        ("8", "\\boxed{\\text{eight}}", True),
        ("8", "\\boxed{8.}", True),
        ("8", "\\boxed{2^3}", True),
        ("8", "\\boxed {8}", True),
        ("8", "\\boxed{\\begin{aligned}x=8\\end{aligned}}", True),
        ("8", "$\\boxed{8}$ and $\\boxed{9}$", False),
        ("8", "\\boxed{8, 9}", False),
        ("8", "\\boxed{\\text{I don't know}}", False),
        ("8", "\\boxed{?}", False),
        ("8", "\\boxed{answer}", False),
        ("8", "The possible answers are 7, 8, 9.", False),
        ("8", "Either 7 or 8.", False),
        ("8", "7 or 8", False),
        ("8", "7, 8", False),
        ("8", "$7$ or $8$", False),
        ("8", "The answer is 7 or 8.", False),
        ("8", "The answer is between 7 and 8.", False),
        ("8", "The answer is greater than 8.", False),
        ("8", "The answer is at most 8.", False),
        ("8", "The answer is 8 or more.", False),
        ("8", "The answer is about 8.", True),
        ("0.25", "The probability is 25%.", True),
        ("0.25", "The probability is 1/4.", True),
        ("0.25", "The probability is $\\frac14$.", True),
        ("0.25", "The probability is 0.2.", False),
        ("\\frac{1}{4}", "The probability is one fourth.", True),
        ("12\\text{ cm}", "The length is 12 cm.", True),
        ("12\\text{ cm}", "The length is $12$ cm.", True),
        ("12\\text{ cm}", "\\boxed{12\\text{ m}}", False),
        ("12\\text{ cm}", "\\boxed{12}", True),
        ("12\\text{ cm}^2", "The area is \\boxed{12\\text{ cm}^2}.", True),
        ("12\\text{ cm}^2", "The area is \\boxed{12\\text{ cm}}.", False),
        ("2,3", "The roots are 2 and 3.", True),
        ("2,3", "The roots are $2$ and $3$.", True),
        ("2,3", "$x=2$ or $x=3$", True),
        ("2,3", "Therefore x = 2 or x = 3.", True),
        ("2,3", "Therefore $x = 2, 3$.", True),
        ("2,3", "Therefore $x = 3$.", False),
        ("2,3", "\\boxed{x=2}, \\boxed{x=3}", True),
        ("2,3", "$\\boxed{2}$ or $\\boxed{3}$", True),
        ("-2,3", "x = -2 or x = 3", True),
        ("(2,3)", "x = 2 and y = 3, so the point is (2, 3).", True),
        ("(2,3)", "The intersection is at $(2,3)$.", True),
        ("(2,3)", "The intersection is at (3, 2).", False),
        ("x^2-4", "The polynomial is $x^2-4$.", True),
        ("x^2-4", "The polynomial is $(x-2)(x+2)$.", True),
        ("x^2-4", "f(x) = x^2 - 4", True),
        ("x^2-4", "f(x) = x^2 + 4", False),
        ("y=2x+1", "The equation of the line is $y = 2x + 1$.", True),
        ("y=2x+1", "The equation of the line is $y = 2x - 1$.", False),
        ("y=2x+1", "\\boxed{2x - y + 1 = 0}", True),
        ("x<5", "The solution is $x < 5$.", True),
        ("x<5", "The solution is x < 5.", True),
        ("x<5", "The solution is $x \\le 5$.", False),
        ("x<5", "The solution is $(-\\infty, 5)$.", True),
        ("(-\\infty,5)", "\\boxed{(-\\infty,5)}", True),
        ("(-\\infty,5)", "\\boxed{(-\\infty,5]}", False),
        ("3\\pi", "The circumference is 3π.", True),
        ("3\\pi", "The circumference is $3\\pi$ cm.", True),
        ("3\\pi", "The circumference is approximately 9.42.", False),
        ("3\\pi", "The circumference is $3\\pi \\approx 9.42$.", True),
        ("3\\pi", "\\boxed{9.42}", False),
        ("\\sqrt{3}", "$\\boxed{\\sqrt{3}}$", True),
        ("\\sqrt{3}", "The answer is √3.", True),
        ("\\sqrt{3}", "The answer is sqrt(3).", True),
        ("\\sqrt{3}", "The answer is 3.", False),
        ("2+3i", "$z = 2+3i$", True),
        ("2+3i", "$z = 2-3i$", False),
        ("2+3i", "\\boxed{3i+2}", True),
        ("D", "The correct answer is D.", True),
        ("D", "The correct answer is (D) 24.", True),
        ("D", "**Answer: D**", True),
        ("D", "Answer: **D) 24**", True),
        ("D", "\\boxed{\\text{(D)}}", True),
        ("D", "\\boxed{\\mathrm{D}}", True),
        ("D", "\\boxed{D.}", True),
        ("D", "\\boxed{(D)~24}", True),
        ("D", "\\boxed{C}", False),
        ("D", "A, B, C and D are all possible.", False),
        ("D", "The answer is either C or D.", False),
        ("D", "The answer is C. Option D is wrong.", False),
        ("D", "A) 1 B) 2 C) 3 D) 4\nThe answer is C) 3", False),
        ("B", "Let A be the area. The answer is B", True),
        ("B", "I choose B.", True),
        ("B", "B", True),
        ("B", "(B)", True),
        ("B", "B. 12", True),
        ("Tuesday", "So it is a **Tuesday**.", True),
        ("Tuesday", "Answer: Tuesday", True),
        ("no", "\\boxed{\\text{No}}", True),
        ("no", "Answer: no", True),
        ("no", "Answer: yes", False),
        ("True", "The statement is \\boxed{\\text{True}}.", True),
        ("False", "The statement is \\boxed{\\text{True}}.", False),
        ("1,000,000", "That is 1 million.", True),
        ("1,000,000", "That is $10^6$.", True),
        ("0.6", "x = 3/5", True),
        ("0.6", "So we obtain $\\frac{3}{5} = 0.6$.", True),
        ("-\\frac{1}{3}", "Hence $k = -\\frac{1}{3}$.", True),
        ("-\\frac{1}{3}", "Hence $k = \\frac{1}{3}$.", False),
        ("204_5", "\\boxed{204_5}", True),
        ("204_5", "\\boxed{204_6}", False),
        ("3:20", "They meet at 3:20.", True),
        ("\\$12", "It costs $12.", True),
        ("\\$12", "It costs $12 in total, i.e. $4 each.", False),
        ("12", "It costs $12.", True),
        ("12", "He pays \\$12 for it.", True),
        ("12", "He pays 12 dollars for it.", True),
        ("12", "He pays €12.", True),
        ("6", "Since $2x = 12$, we get $x=6$", True),
        ("6", "Since $2x = 12$, we get $x=12/2$", True),
        ("6", "We have 12 - 6 = 6", True),
        ("6", "12/2", True),
        ("6", "Janet has 6", True),
        ("6", "6.", True),
        ("6", "six", True),
        ("6", "The answer: six", True),
        ("2", "Step 1. Add.\nStep 2. Multiply.", False),
        ("2", "1. First step\n2. Second step", False),
        ("{1,2}", "\\boxed{\\{1,2\\}}", True),
        ("\\{1,2\\}", "\\boxed{\\{2,1\\}}", True),
        ("[1,2]", "\\boxed{[1,2]}", True),
        ("[1,2]", "\\boxed{[2,1]}", False),
        ("\\frac{\\pi}{2}", "$\\theta = \\frac{\\pi}{2}$", True),
        ("\\frac{\\pi}{2}", "$\\theta = 90$", False),
        ("16", "The final answer is $\\boxed{16}$.\n\nTo check: $4^2 = 16$, and $5^2 = 25$.", True),
        ("16", "The final answer is $16$.\n\nTo check: $4^2 = 16$, and $5^2 = 25$.", True),
        ("16", "The answer is 2^4 = 16.", True),
        ("16", "The answer is 2^4.", True),
        ("16", "The answer is 4^3.", False),
    ),
    "denied, bounded or one of several": (
        ("5", "5 + 5 = 10", False),
        ("5", "5x = 10", False),
        ("5", "5 > 4", False),
        ("5", "x > 5", False),
        ("5", "We get x^2 = 5.", False),
        ("5", "Answer: 5 or 6", False),
        ("5", "Answer: not 5", False),
        ("5", "Answer: 5/2", False),
        ("5", "Answer: 5 + 2i", False),
        ("5", "Answer: 5x", False),
        ("5", "Answer: 5 million", False),
        ("5", "Answer: 5.5", False),
        ("5", "Answer: 5,000", False),
        ("5", "Answer: -5", False),
        ("5", "Answer: 5^2", False),
        ("5", "Answer: 5²", False),
        ("5", "Answer: √5", False),
        ("5", "Answer: 5π", False),
        ("5", "Answer: (5, 6)", False),
        ("5", "Answer: [5, 6]", False),
        ("5", "Answer: {5, 6}", False),
        ("5", "Answer: $5$ or $6$", False),
        ("5", "Answer: $5$, $6$", False),
        ("5", "Answer: 5, 6, and 7", False),
        ("5", "Answer: 5 to 6", False),
        ("5", "Answer: 5-6", False),
        ("5", "Answer: 5 hundred", False),
        ("5", "Answer: more than 5", False),
        ("5", "Answer: fewer than 5", False),
        ("5", "Answer: 5 squared", False),
        ("5", "Answer: 1/5", False),
        ("5", "Answer: 5e3", False),
        ("5", "Answer: 5:6", False),
        ("5", "Answer: x<5", False),
        ("5", "Answer: 25^{1/4}", False),
        ("5", "Answer: 50", False),
        ("5", "Answer: 05:30", False),
        ("5", "The answer is 5 times larger than 3, i.e. 15.", False),
        ("5", "The answer is the sum of 5 and 6.", False),
        ("5", "The answer is 5 less than 12.", False),
        ("5", "The answer is twice 5.", False),
        ("5", "The answer is 5 plus 6.", False),
        ("5", "The answer is half of 5.", False),
        ("5", "The answer is negative 5.", False),
        ("5", "The answer is minus 5.", False),
        ("5", "The answer is 5 percent of 200.", False),
        ("5", "The answer cannot be 5.", False),
        ("5", "The answer is never 5.", False),
        ("5", "The answer is not equal to 5.", False),
        ("5", "The answer is anything but 5.", False),
        ("5", "The answer is neither 5 nor 6.", False),
        ("5", "The answer is either 5 or 6.", False),
        ("5", "The answer is probably 5 or 6.", False),
        ("5", "The answer is one of 5, 6, 7.", False),
        ("5", "The answer is 1, 2, 3, 4, 5.", False),
        ("5", "The answer lies between 5 and 6.", False),
        ("5", "\\boxed{5 \\text{ or } 6}", False),
        ("5", "\\boxed{5} or \\boxed{6}", False),
        ("5", "\\boxed{5}, \\boxed{6}, \\boxed{7}", False),
        ("5", "\\boxed{1} \\boxed{2} \\boxed{3} \\boxed{4} \\boxed{5} \\boxed{6}", False),
        ("5", "\\boxed{5} is wrong, so \\boxed{6}", False),
        ("5", "\\boxed{6} is wrong, so maybe 5", False),
        ("5", "\\boxed{}5", False),
        ("5", "\\boxed{5", False),
        ("5", "\\boxed{x \\neq 5}", False),
        ("5", "\\boxed{x > 5}", False),
        ("5", "\\boxed{5 > x}", False),
        ("5", "\\boxed{\\pm 5}", False),
        ("5", "\\boxed{5\\sqrt{2}}", False),
        ("5", "\\boxed{5\\pi}", False),
        ("5", "\\boxed{[5]6}", False),
        ("5", "\\boxed{(5,5)}", False),
        ("5", "\\boxed{\\text{at least }5}", False),
        ("5", "\\boxed{\\text{not } 5}", False),
        ("5", "\\boxed{\\text{5 or 6}}", False),
        ("5", "\\boxed{5\\ldots}", False),
        ("5", "\\boxed{5+}", False),
        ("5", "\\boxed{\\frac{5}{6}}", False),
        ("5", "\\boxed{5_6}", False),
        ("5", "\\boxed{5^\\circ}C", True),
        ("5", "#### 5 or 6", False),
        ("5", "#### 5, 6", False),
        ("5", "#### 5-6", False),
        ("5", "#### 50", False),
        ("5", "#### -5", False),
        ("5", "#### 5/2", False),
        ("5", "#### 5%", True),
        ("5", "#### Step 5", False),
        ("5", "## Step 5", False),
        ("5", "Step 5: done", False),
        ("5", "5. Therefore x = 6", False),
        ("5", "See equation (5).", False),
        ("5", "By Theorem 5, the claim follows.", False),
        ("5", "This is problem 5.", False),
        ("5", "On page 5 we find the proof.", False),
        ("5", "(5)", True),
        ("5", "Chapter 5", False),
        ("5", "<think>x=5</think>", False),
        ("5", "<think>5", False),
        ("5", "<answer>5 or 6</answer>", False),
        ("5", "<answer></answer> 5", False),
        ("5", "<answer>6</answer> (5)", False),
        ("5", "5 5 5 5 5", False),
        ("5", "5, 5, 6", False),
        ("5", "1,2,3,4,5", False),
        ("5", "0 1 2 3 4 5", False),
        ("A", "A or B", False),
        ("A", "A, B, C, D", False),
        ("A", "The answer is not A.", False),
        ("A", "The answer is A or B.", False),
        ("A", "The answer is A and C.", False),
        ("A", "The answer is (A) or (B).", False),
        ("A", "The answer is either A or B.", False),
        ("A", "A is incorrect. The answer is B.", False),
        ("A", "A is incorrect.", False),
        ("A", "(A) is wrong", False),
        ("A", "Answer: B. A is a distractor.", False),
        ("A", "The answer cannot be A.", False),
        ("A", "A man walks into a bar.", False),
        ("A", "A quick look shows that we cannot decide.", False),
        ("A", "Answer: A/B", False),
        ("A", "Answer: A, B", False),
        ("A", "Answer: none of A, B, C", False),
        ("A", "All of the options except A.", False),
        ("A", "\\boxed{A, B}", False),
        ("A", "\\boxed{AB}", False),
        ("A", "\\boxed{\\text{not A}}", False),
        ("B", "I would eliminate (B).", False),
        ("B", "Options (A) and (B) are both correct.", False),
        ("B", "Between (A) and (B), I pick (A).", False),
        ("B", "It could be B, but I choose C.", False),
        ("Yes", "Yes and no.", False),
        ("Yes", "The answer is not yes.", False),
        ("Yes", "The answer is yes or no.", False),
        ("No", "The answer is: No idea.", False),
        ("True", "Answer: not True", False),
        ("Tuesday", "Tuesday or Wednesday", False),
        ("Tuesday", "The answer is not Tuesday.", False),
        ("1,2", "The answer is 1.", False),
        ("1,2", "x = 1 and x = 3", False),
        ("1,2", "\\boxed{1}, \\boxed{2}, \\boxed{3}", False),
        ("(1,2)", "x=2, y=1", False),
        ("(1,2)", "The points are (1,2) and (2,1).", False),
        ("[1,2]", "The interval is (1,2).", False),
        ("x>2", "The solution is x > 2 or x < -2.", False),
        ("x>2", "The solution is $x>2$ or $x<-2$.", False),
        ("1/2", "The answer is 1/2 or 1/3.", False),
        ("1/2", "The answer is 1/2x.", False),
        ("1/2", "P = 1 - 1/2 = 0.4", False),
        ("2\\sqrt{3}", "The answer is 2√3 + 1.", False),
        ("2\\sqrt{3}", "The answer is ±2√3.", False),
        ("2\\sqrt{3}", "The answer is -2√3.", False),
        ("2\\sqrt{3}", "The answer is 3.", False),
        ("\\pi", "The answer is 2π.", False),
        ("\\pi", "The answer is π/2.", False),
        ("x+1", "The answer is $x+1$ or $x-1$.", False),
        ("x+1", "The answer is 2(x+1).", False),
        ("18", "She makes $18 - $2 = $16.", False),
        ("18", "It costs $18 each, so $36.", False),
        ("18", "She needs 18 more.", True),
        ("18", "18 - 2", False),
        ("3:4", "3:4:5", False),
        ("25\\%", "25% or 30%", False),
        ("5", "The answer is $5 million.", False),
        ("5", "The answer is $5$ million.", False),
        ("5", "She has \\$5 million.", False),
        ("5", "She has 5 million dollars.", False),
        ("5", "She has 5 thousand apples.", False),
        ("5", "She has 5 hundred apples.", False),
        ("5", "She has $5$ hundred apples.", False),
        ("5", "She has 5.", True),
        ("5", "So x is not 5.", False),
        ("5", "So x can be 4 or 5.", False),
        ("5", "So x can be $4$ or $5$.", False),
        ("5", "So $x \\ge 5$.", False),
        ("5", "So x ≥ 5.", False),
        ("5", "So x >= 5", False),
        ("5", "So x ≠ 5", False),
        ("5", "So x ∈ {4, 5}.", False),
        ("5", "So x = 4, 5.", False),
        ("5", "So x is between 4 and 5.", False),
        ("5", "So x = -5.", False),
        ("5", "So x = ±5.", False),
        ("5", "So x = 2^5.", False),
        ("5", "So x = 1/5.", False),
        ("5", "So x = 3/5.", False),
        ("5", "So x = 1.5.", False),
        ("5", "So x = 0.5.", False),
        ("5", "So x = .5", False),
        ("5", "So x = √5.", False),
        ("5", "So x = sqrt(5).", False),
        ("5", "So x = log 5.", False),
        ("5", "So x = x_5.", False),
        ("5", "So x = 3·5.", False),
        ("5", "So x = 3 * 5", False),
        ("5", "So x = 3 + 5", False),
        ("5", "So x = 3 − 5", False),
        ("5", "So x = 10^5", False),
        ("5", "So x = 1e5", False),
        ("5", "So x = 10^{-5}", False),
        ("5", "So x = (1, 5)", False),
        ("5", "So x = f(5)", False),
        ("5", "So x = 5%", True),
        ("5", "So x = 1,005", False),
        ("5", "So x = 2:5", False),
        ("5", "So it was 3:05.", False),
        ("5", "So x = C(6,5)", False),
        ("5", "So x = 6 choose 5", False),
        ("5", "So x = 7 mod 5", False),
        ("5", "So x = |−5|", True),
    ),
    "solutions and headings": (
        ("10", "#### Step 3: Add\n4 + 6 = 10", True),
        ("10", "#### Solution\nWe add: 4 + 6 = 10\n#### Final Answer\n10", True),
        ("10", "#### 1. Add\n4 + 6 = 10.", True),
        ("10", "### Step 1\n4+6\n### Step 2\n$4+6=10$", True),
        ("10", "So we have $4 + 6 = 10$ apples.", True),
        ("10", "So we have 4 + 6 = 10 apples.", True),
        ("10", "So we have 4 + 6 = **10** apples.", True),
        ("10", "The answer is **10 apples**.", True),
        ("10", "The answer is: \n\n10", True),
        ("10", "The answer is \\[10\\]", True),
        ("10", "The final answer is $\\boxed{10}$ and not $\\boxed{12}$", False),
        ("10", "Final Answer: $10$", True),
        ("10", "Final answer = 10", True),
        ("10", "**Final answer**: 10", True),
        ("10", "Answer = 10", True),
        ("10", "ans: 10", True),
        ("10", "Ans. 10", True),
        ("10", "Result: 10", True),
        ("10", "= 10", True),
        ("10", "x=10", True),
        ("10", "Thus n=10.", True),
        ("10", "Thus, there are ten apples... that is 10.", True),
        ("10", "There are 10 people, each with 2 hands.", False),
        ("10", "It takes 10 days.", True),
        ("10", "It takes 10 days!", True),
        ("10", "The total cost is $10.00.", True),
        ("10", "The total cost is \\$10.00", True),
        ("10", "The total cost is $\\$10$.", True),
        ("10", "The total cost is $10 dollars$.", True),
        ("10", "So, $\\boxed{\\$10}$", True),
        ("10", "So, $\\boxed{10\\text{ dollars}}$", True),
        ("10", "<think>I believe 12</think>\n**10**", True),
        ("10", "<think>\\boxed{12}</think> The answer is 10.", True),
        ("10", "<thinking>12</thinking> 10", True),
        ("10", "Reasoning: 12 - 2\nAnswer: 10", True),
        ("10", "Answer: 10\nReasoning: 12 - 2 = 10", True),
        ("10", "Answer: 10\n\nExplanation: there are 12 apples and 2 are eaten.", True),
        ("10", "The answer is 10. This is because 12 - 2 = 10.", True),
        ("10", "The answer is 10. We can verify with 5 * 2.", True),
        ("10", "The answer is 12 - 2 = 10.", True),
        ("10", "The answer is $12 - 2 = 10$.", True),
        ("10", "The answer is $12 - 2$, which is $10$.", True),
        ("10", "The answer is x = 10.", True),
        ("10", "The value of x is 10.", True),
        ("10", "Hence the value is $10$, as desired.", True),
        ("10", "Hence the value is $10$, not $11$.", True),
        ("10", "Q.E.D. The answer is 10. \\blacksquare", True),
        ("10", "The number of ways is $\\binom{5}{2} = 10$.", True),
        ("10", "The number of ways is $\\binom{5}{2}$.", True),
        ("10", "The number of ways is C(5,2) = 10", True),
        ("10", "Altogether 1,0 are ...", False),
        ("10", "10 is the answer.", True),
        ("10", "10.", True),
        ("10", "\\boxed{10}\n\nHuman: next question 11", True),
        ("10", "\\boxed{10}\n\nProblem 2: ... \\boxed{7}", False),
        ("\\frac{2}{5}", "The probability is $\\frac{2}{5}$, or 40%.", True),
        ("\\frac{2}{5}", "The probability is 2/5.", True),
        ("\\frac{2}{5}", "The probability is 2/5 = 0.4.", True),
        ("\\frac{2}{5}", "The probability is $\\frac{4}{10}$.", True),
        ("\\frac{2}{5}", "The probability is $\\frac{2}{5} \\approx 0.4$.", True),
        ("\\frac{2}{5}", "The probability is $\\frac{5}{2}$.", False),
        ("\\frac{2}{5}", "The probability is 2/7.", False),
        ("\\frac{1}{3}", "It is approximately 0.33.", False),
        ("\\frac{1}{3}", "It is $\\frac{1}{3} \\approx 0.33$.", True),
        ("5\\sqrt{2}", "$d = \\sqrt{50} = 5\\sqrt{2} \\approx 7.07$", True),
        ("5\\sqrt{2}", "$d = \\sqrt{50}$", True),
        ("5\\sqrt{2}", "d = 5√2 ≈ 7.07", True),
        ("5\\sqrt{2}", "d ≈ 7.07", False),
        ("5\\sqrt{2}", "$\\boxed{5\\sqrt2}$ units", True),
        ("-2", "Therefore, x = −2.", True),
        ("-2", "Therefore, $x=-2$.", True),
        ("-2", "Therefore, the slope is -2.", True),
        ("-2", "Therefore, the slope is - 2.", True),
        ("-2", "Therefore, the slope is negative 2.", True),
        ("-2", "We compute 3 - 5 = -2", True),
        ("-2", "We compute 3-5 = -2, so done", True),
        ("-2", "We compute 4-2", False),
        ("2", "We compute 4-2", True),
        ("2", "the range is 1-2", False),
        ("(1,-2)", "The vertex is at (1, -2).", True),
        ("(1,-2)", "The vertex is $(1,-2)$.", True),
        ("(1,-2)", "Vertex: (1,-2)", True),
        ("(1,-2)", "The vertex is at x = 1, y = -2.", True),
        ("(1,-2)", "The vertex is (-2, 1).", False),
        ("x=1,2", "The roots are $1$ and $2$.", True),
        ("1,2,3", "The values are 1, 2, and 3.", True),
        ("1,2,3", "The values are $1, 2,$ and $3$.", True),
        ("1,2,3", "\\boxed{1}, \\boxed{2}, and \\boxed{3}", True),
        ("1,2,3", "\\boxed{1, 2 \\text{ and } 3}", True),
        ("1,2,3", "\\boxed{1 2 3}", False),
        ("1,2,3", "The values are 1 and 2.", False),
        ("y=3x-2", "The line is y = 3x - 2.", True),
        ("y=3x-2", "The tangent line is $y = 3x - 2$.", True),
        ("y=3x-2", "The tangent line is $y - 1 = 3(x - 1)$.", True),
        ("y=3x-2", "The tangent line is $y = 3x + 2$.", False),
        ("3x^2+2x", "$f'(x) = 3x^2 + 2x$", True),
        ("3x^2+2x", "f'(x) = 3x^2 + 2x", True),
        ("3x^2+2x", "The derivative is $x(3x+2)$.", True),
        ("3x^2+2x", "The derivative is 3x^2+2x+C.", False),
        ("[2,5)", "The domain is $[2,5)$.", True),
        ("[2,5)", "The domain is [2, 5).", True),
        ("[2,5)", "\\boxed{2 \\le x < 5}", True),
        ("[2,5)", "\\boxed{[2,5]}", False),
        ("C", "I think it's C", True),
        ("C", "So the answer is C. 12", True),
        ("C", "The answer is **(C) 12**.", True),
        ("C", "Option C", True),
        ("C", "(C)", True),
        ("C", "C)", True),
        ("C", "c", False),
        ("C", "\\boxed{\\textbf{(C) }12}", True),
        ("C", "\\boxed{C) 12}", True),
        ("C", "$\\boxed{\\text{C}}$", True),
        ("C", "The correct choice is (C), since (A) and (B) fail.", True),
        ("C", "Therefore, the correct answer is:\n\n**C. 12**", True),
        ("C", "A: wrong. B: wrong. C: right. Answer: C", True),
        ("C", "Answer: D", False),
        ("C", "Because carbon (C) is heavier, the answer is B.", False),
        ("C", "We exclude A and B, so C.", True),
        ("Monday", "The day is **Monday**.", True),
        ("Monday", "Therefore it will be Monday.", True),
        ("Monday", "\\boxed{Monday}", True),
        ("Monday", "Answer: monday", True),
        ("Monday", "Answer: Sunday", False),
        ("Alice", "The winner is Alice.", True),
        ("Alice", "The answer is Bob, not Alice.", False),
        ("2:30 PM", "The train arrives at 2:30 PM.", True),
        ("2:30 PM", "The train arrives at 3:30 PM.", False),
        ("2:30 PM", "The train arrives at 2:30 AM.", False),
        ("1,500", "He earns 1.5 thousand dollars.", True),
        ("1500", "He earns $1,500 per month.", True),
        ("1500", "He earns 1500 dollars a month for 12 months.", False),
        ("1500", "Total = $1,500.", True),
        ("1500", "Total: 1 500", True),
        (
            "72",
            "Natalia sold 48/2 = <<48/2=24>>24 clips in May.\nNatalia sold 48+24 = <<48+24=72>>72 clips altogether.\n#### 72",
            True,
        ),
        ("72", "She sold 72 clips altogether in April and May.", True),
        ("72", "She sold 48+24=72 clips altogether in April and May.", True),
        ("72", "She sold 48 in April and 24 in May, 72 total", True),
        ("100_2", "The answer is $100_2$.", True),
        ("100_2", "The answer is $4$.", False),
        ("0.5", "p = 1/2", True),
        ("0.5", "p=50%", True),
        ("0.5", "p = .5", True),
        ("0.5", "p = 5", False),
        ("2^{10}", "\\boxed{1024}", True),
        ("2^{10}", "It equals 2^10 = 1024.", True),
        ("2^{10}", "It equals 2^{11}.", False),
        ("3", "$\\boxed{3}$\n\nNote: 4 would be wrong.", True),
        ("3", "3 or maybe 4", False),
        ("3", "Is it 3? No, it is 4.", False),
        ("3", "The sum is not 4 but 3.", True),
        ("3", "Not 4, so 3.", True),
        ("3", "Without loss of generality, n = 3.", True),
    ),
    "near misses in sentences": (
        ("17", "So the answer is 17 or 18.", False),
        ("17", "So the answer is 17/2.", False),
        ("17", "So the answer is 17.5.", False),
        ("17", "So the answer is 17 \\frac{1}{2}.", False),
        ("17", "So the answer is 17x.", False),
        ("17", "So the answer is $17x$.", False),
        ("17", "So the answer is $17$ or $18$.", False),
        ("17", "So the answer is $x > 17$.", False),
        ("17", "So the answer is x ≥ 17.", False),
        ("17", "So the answer is x ≠ 17.", False),
        ("17", "So the answer is -17.", False),
        ("17", "So the answer is – 17.", False),
        ("17", "So the answer is ±17.", False),
        ("17", "So the answer is negative 17.", False),
        ("17", "So the answer is 17 thousand.", False),
        ("17", "So the answer is $17$ thousand.", False),
        ("17", "So the answer is 17%.", True),
        ("17", "So the answer is 1.7e1.", True),
        ("17", "So the answer is 1.7×10^2.", False),
        ("17", "So the answer is 17×10^2.", False),
        ("17", "So the answer is 17 × 2.", False),
        ("17", "So the answer is 17^2.", False),
        ("17", "So the answer is √17.", False),
        ("17", "So the answer is 17√2.", False),
        ("17", "So the answer is 17π.", False),
        ("17", "So the answer is 17i.", False),
        ("17", "So the answer is 17 + i.", False),
        ("17", "So the answer is (17, 0).", False),
        ("17", "So the answer is [17, 18].", False),
        ("17", "So the answer is {17, 18}.", False),
        ("17", "So the answer is 17:18.", False),
        ("17", "So the answer is 17, 18.", False),
        ("17", "So the answer is 17 and 18.", False),
        ("17", "So the answers are 17 and 18.", False),
        ("17", "So the answers are $17$ and $18$.", False),
        ("17", "So the answer isn't 17.", False),
        ("17", "So the answer is not 17.", False),
        ("17", "So the answer is not $17$.", False),
        ("17", "So the answer must not be 17.", False),
        ("17", "So the answer can't be $17$.", False),
        ("17", "So x isn't 17.", False),
        ("17", "So x is never $17$.", False),
        ("17", "So x doesn't equal 17.", False),
        ("17", "So x = 17 is not a solution.", False),
        ("17", "So $x = 17$ is extraneous, so there is no solution.", False),
        ("17", "17 is wrong.", False),
        ("17", "17 is not the answer.", False),
        ("17", "The answer 17 is wrong.", False),
        ("17", "No solution exists other than x = 18", False),
        ("17", "\\boxed{17} is not correct; \\boxed{18} is.", False),
        ("17", "\\boxed{\\text{not }17}", False),
        ("17", "\\boxed{17\\text{ or }18}", False),
        ("17", "\\boxed{17}\\boxed{18}", False),
        ("17", "\\boxed{17}{18}", True),
        ("17", "\\boxed{1}\\boxed{7}", False),
        ("17", "\\boxed{17,18}", False),
        ("17", "\\boxed{17/18}", False),
        ("17", "\\boxed{-17}", False),
        ("17", "-\\boxed{17}", False),
        ("17", "$-\\boxed{17}$", False),
        ("17", "\\frac{\\boxed{17}}{2}", False),
        ("17", "\\boxed{17} \\text{ million}", False),
        ("17", "\\boxed{17} million", False),
        ("17", "\\boxed{17}\\pi", False),
        ("17", "\\boxed{17}x", False),
        ("17", "2\\boxed{17}", False),
        ("17", "\\boxed{17", False),
        ("17", "\\boxed{ }17", False),
        ("17", "#### 17 or 18", False),
        ("17", "#### 17.5", False),
        ("17", "#### x > 17", False),
        ("17", "#### ~18", False),
        ("17", "#### 18 (not 17)", False),
        ("17", "#### -17", False),
        ("17", "#### \n", False),
        ("17", "<answer>17, 18</answer>", False),
        ("17", "<answer>not 17</answer>", False),
        ("17", "<answer>17</answer><answer>18</answer>", False),
        ("17", "<think>17</think>", False),
        ("17", "<think>17</think>18", False),
        ("17", "<think>a</think>\\boxed{18}<think>\\boxed{17}</think>", False),
        ("17", "<think>\\boxed{17}", False),
        ("17", "Answer: somewhere between 16 and 18", False),
        ("17", "Answer: 16 < x < 18", False),
        ("17", "Answer: 16-18", False),
        ("17", "Answer: 17-18", False),
        ("17", "Answer: 17 to 18", False),
        ("17", "Answer: 17/1.0001", False),
        ("17", "Answer: the 17th", False),
        ("17", "Answer: x_17", False),
        ("17", "Answer: A17", False),
        ("17", "Answer: $x^{17}$", False),
        ("17", "Answer: $a_{17}$", False),
        ("17", "Answer: log(17)", False),
        ("17", "Answer: 17 mod 5", False),
        ("17", "Answer: 17 base 8", False),
        ("17", "Answer: 3:17", False),
        ("17", "Answer: May 17", False),
        ("17", "Answer: 0.17", False),
        ("17", "Answer: .17", False),
        ("17", "Answer: 1,17", False),
        ("17", "Answer: 17,17", False),
        ("17", "Answer: 17 17", False),
        ("17", "Answer: 1/17", False),
        ("17", "Answer: e^17", False),
        ("17", "Answer: e^{17}", False),
        ("17", "Answer: 10^17", False),
        ("17", "Answer: 2·17", False),
        ("17", "Answer: 2(17)", False),
        ("17", "Answer: 2*17", False),
        ("17", "Answer: 17 - 1", False),
        ("17", "Answer: 17 − 1", False),
        ("17", "Answer: 17+1", False),
        ("17", "Answer: 17 + 1 = 18", False),
        ("17", "Answer: 18 = 17 + 1", False),
        ("17", "Answer: $17 + 1$", False),
        ("17", "Answer: x = 17 or x = -17", False),
        ("17", "Answer: x = 17, y = 2", False),
        ("17", "Answer: |x| = 17", False),
        ("17", "Answer: 2x = 17", False),
        ("17", "Answer: x^2 = 17", False),
        ("17", "Answer: x < 17", False),
        ("17", "Answer: all numbers except 17", False),
        ("17", "Answer: everything but 17", False),
        ("B", "Answer: not B", False),
        ("B", "Answer: B or C", False),
        ("B", "Answer: B and C", False),
        ("B", "Answer: B, C", False),
        ("B", "Answer: BC", False),
        ("B", "Answer: B/C", False),
        ("B", "Answer: (B) and (C)", False),
        ("B", "B is wrong, so C.", False),
        ("B", "B? No, C.", False),
        ("B", "It is not (B).", False),
        ("B", "It isn't B.", False),
        ("B", "\\boxed{\\text{B or C}}", False),
        ("B", "\\boxed{B}\\boxed{C}", False),
        ("B", "The answer is C, since B is wrong.", False),
        ("B", "The answer is C rather than B.", False),
        ("B", "The answer is C. (B) would be too large.", False),
        ("B", "**C** is right, **B** is wrong", False),
        ("Monday", "The day is not Monday.", False),
        ("Monday", "The day could be Monday.", False),
        ("Monday", "Answer: not Monday", False),
        ("Monday", "**Tuesday**, not **Monday**", False),
        ("Monday", "The day is Monday or Tuesday.", False),
        ("Yes", "No, not yes.", False),
        ("Yes", "\\boxed{No}", False),
        ("Yes", "Answer: Yes or no", False),
        ("(2,3)", "The answer is (3,2).", False),
        ("(2,3)", "The answer is (2,3) and (3,2).", False),
        ("(2,3)", "The answer is [2,3].", False),
        ("(2,3)", "x = 3 and y = 2", False),
        ("2,3", "The answer is 2.", False),
        ("2,3", "The answer is 2, 3, 4.", False),
        ("2,3", "The answer is 2, 3, or 4.", False),
        ("2,3", "The answer is (2,3).", False),
        ("\\frac{1}{2}", "The answer is 1.", False),
        ("\\frac{1}{2}", "The answer is 2.", False),
        ("\\frac{1}{2}", "The answer is -1/2.", False),
        ("\\frac{1}{2}", "The answer is 1/2 or 1.", False),
        ("\\frac{1}{2}", "The answer is 1/2 - 1/4.", False),
        ("\\frac{1}{2}", "The answer is 3 1/2.", False),
        ("\\frac{1}{2}", "The answer is 3½.", False),
        ("x^2", "The answer is $x^2 + C$.", False),
        ("x^2", "The answer is x^2 + 1.", False),
        ("x^2", "The answer is 2x^2.", False),
        ("x^2", "The answer is -x^2.", False),
        ("x^2", "The answer is x^2y.", False),
        ("x^2", "The answer is $x^2$ or $x^3$.", False),
        ("3\\sqrt{2}", "The answer is 3√2 + 1.", False),
        ("3\\sqrt{2}", "The answer is 3.", False),
        ("3\\sqrt{2}", "The answer is √2.", False),
        ("3\\sqrt{2}", "The answer is 3√3.", False),
        ("3\\sqrt{2}", "The answer is 3√2i.", False),
        ("5 \\text{ cm}", "The answer is 5 m.", False),
        ("5 \\text{ cm}", "The answer is 5 mm.", False),
        ("5 \\text{ cm}", "The answer is $5$ m.", False),
        ("5 \\text{ cm}", "The length is 5 m.", False),
        ("5 \\text{ cm}", "The length is $5\\text{ m}$.", False),
        ("5 \\text{ cm}", "The length is 5 cm^2.", False),
        ("\\$5", "The cost is €5.", False),
        ("\\$5", "The cost is 5 cents.", False),
        ("60^\\circ", "The angle is 60 radians.", False),
        ("60^\\circ", "The angle is $60\\pi$.", False),
        ("25\\%", "It is 0.25%.", False),
        ("25\\%", "It is 2.5%.", False),
        ("0.25", "It is 0.25%.", False),
    ),
}
