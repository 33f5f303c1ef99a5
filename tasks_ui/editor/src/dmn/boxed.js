// Functions that decisions call.
import "dmn-js/dist/assets/dmn-js-boxed-expression.css";
import "dmn-js/dist/assets/dmn-js-boxed-expression-controls.css";
export { Editor } from "dmn-js-boxed-expression";
