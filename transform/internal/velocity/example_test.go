package velocity_test

import (
	"errors"
	"fmt"

	"github.com/idprofile/engine/transform/internal/limit"
	"github.com/idprofile/engine/transform/internal/velocity"
)

func ExampleTemplate_Eval() {
	t, err := velocity.Parse("$first.substring(0,1)$last#if($type == 'C').ext#{end}@example.com")
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(t.Names())
	vars := []velocity.Value{velocity.TextOf("Maria"), velocity.TextOf("Garcia"), velocity.TextOf("C")}
	out, err := t.Eval(&limit.Budget{Steps: 1000, Output: 1000}, vars, nil)
	fmt.Println(string(out), err)

	vars[1] = velocity.Value{}
	_, err = t.Eval(nil, vars, nil)
	fmt.Println(err, errors.Is(err, velocity.ErrInvalidReference))
	// Output:
	// [first last type]
	// MGarcia.ext@example.com <nil>
	// invalid reference $last [line 1, column 22] true
}

func ExampleNeedsRender() {
	fmt.Println(velocity.NeedsRender("${a}"), velocity.NeedsRender(`^\d+$`), velocity.NeedsRender("US$5 #1"))
	// Output: true false false
}
