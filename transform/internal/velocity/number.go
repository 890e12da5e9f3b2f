package velocity

import (
	"math"
	"math/big"
	"strconv"
)

func floatBits(f float64) int64 { return int64(math.Float64bits(f)) }

func (v Value) isNumber() bool { return v.kind >= Integer && v.kind <= Float }

func (v Value) float() float64 {
	switch v.kind {
	case Float:
		return math.Float64frombits(uint64(v.num))
	case BigInt:
		f, _ := new(big.Float).SetInt(v.ref.(*big.Int)).Float64()
		return f
	}

	return float64(v.num)
}

func (v Value) bigInt() *big.Int {
	if v.kind == BigInt {
		return v.ref.(*big.Int)
	}
	return big.NewInt(v.num)
}

// intLiteral is the value of an integer in the source: the smallest class that
// holds it.
func intLiteral(s string) Value {
	if n, err := strconv.ParseInt(s, 10, 64); err == nil {
		return IntOf(n)
	}
	n, _ := new(big.Int).SetString(s, 10)
	if n == nil {
		return Value{}
	}
	return bigOf(n)
}

// floatLiteral is the value of a decimal; too large is infinite, as in Java.
func floatLiteral(s string) Value {
	f, _ := strconv.ParseFloat(s, 64)
	return FloatOf(f)
}

// compareNumbers orders two numbers by value. NaN is equal to everything.
func compareNumbers(a, b Value) int {
	switch {
	case a.kind == Float || b.kind == Float:
		x, y := a.float(), b.float()
		switch {
		case x < y:
			return -1
		case x > y:
			return 1
		}

		return 0

	case a.kind == BigInt || b.kind == BigInt:
		return a.bigInt().Cmp(b.bigInt())
	case a.num < b.num:
		return -1
	case a.num > b.num:
		return 1
	}

	return 0
}

// arithmetic computes a op b for two numbers. Division by zero is null.
// Integers that overflow go on in the next larger class.
func arithmetic(op operator, a, b Value) Value {
	// Velocity logs a division by zero and goes on with null, for floats too.
	if (op == opDiv || op == opMod) && isZero(b) {
		return Value{}
	}

	// The larger class of the two decides, as Java promotes operands.
	if a.kind == Float || b.kind == Float {
		return floatArithmetic(op, a.float(), b.float())
	}
	if a.kind == BigInt || b.kind == BigInt {
		return bigArithmetic(op, a.bigInt(), b.bigInt())
	}

	// What overflows goes on without bound, as Velocity does it.
	n, ok := longArithmetic(op, a.num, b.num)
	switch {
	case !ok:
		return bigArithmetic(op, a.bigInt(), b.bigInt())
	case a.kind == Long || b.kind == Long:
		return Value{kind: Long, num: n}
	}

	return IntOf(n)
}

func isZero(v Value) bool {
	if v.kind == BigInt {
		return v.bigInt().Sign() == 0
	}
	return v.float() == 0
}

// longArithmetic reports false on overflow, except for the one quotient that
// Java lets wrap around.
func longArithmetic(op operator, a, b int64) (int64, bool) {
	switch op {
	case opAdd:
		n := a + b
		return n, (a^n)&(b^n) >= 0
	case opSub:
		n := a - b
		return n, (a^b)&(a^n) >= 0
	case opDiv:
		return a / b, true
	case opMod:
		return a % b, true
	}

	// Zero is set apart, because dividing back by it would raise.
	if a == 0 || b == 0 {
		return 0, true
	}

	// Dividing back shows whether the product fitted.
	n := a * b
	return n, n/b == a && !(a == -1 && b == math.MinInt64) && !(b == -1 && a == math.MinInt64)
}

func bigArithmetic(op operator, a, b *big.Int) Value {
	n := new(big.Int)
	switch op {
	case opAdd:
		n.Add(a, b)
	case opSub:
		n.Sub(a, b)
	case opMul:
		n.Mul(a, b)
	case opDiv:
		n.Quo(a, b)
	default:
		n.Rem(a, b)
	}

	return bigOf(n)
}

func floatArithmetic(op operator, a, b float64) Value {
	switch op {
	case opAdd:
		return FloatOf(a + b)
	case opSub:
		return FloatOf(a - b)
	case opMul:
		return FloatOf(a * b)
	case opDiv:
		return FloatOf(a / b)
	}

	return FloatOf(math.Mod(a, b))
}

// appendDouble writes f as Double.toString does: at least one decimal, and
// scientific notation outside 0.001 to 10 million. The digits are the fewest
// that give f back; Java before 19 sometimes prints one more.
func appendDouble(dst []byte, f float64) []byte {
	switch {
	case math.IsNaN(f):
		return append(dst, "NaN"...)
	case math.IsInf(f, 1):
		return append(dst, "Infinity"...)
	case math.IsInf(f, -1):
		return append(dst, "-Infinity"...)
	}

	// Between these bounds Java writes no exponent.
	if a := math.Abs(f); a == 0 || a >= 1e-3 && a < 1e7 {
		start := len(dst)
		dst = strconv.AppendFloat(dst, f, 'f', -1, 64)
		return withPoint(dst, start)
	}

	// Java writes very large and very small ones with an exponent, and always with a point.
	var buf [32]byte
	s := strconv.AppendFloat(buf[:0], f, 'E', -1, 64)
	e := len(s) - 1
	for s[e] != 'E' {
		e--
	}

	start := len(dst)
	dst = withPoint(append(dst, s[:e]...), start)
	dst = append(dst, 'E')
	exp, _ := strconv.Atoi(string(s[e+1:]))
	return strconv.AppendInt(dst, int64(exp), 10)
}

func withPoint(dst []byte, start int) []byte {
	for _, c := range dst[start:] {
		if c == '.' {
			return dst
		}
	}

	return append(dst, ".0"...)
}
