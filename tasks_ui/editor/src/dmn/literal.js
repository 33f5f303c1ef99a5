// A decision that is one expression.
import "dmn-js/dist/assets/dmn-js-literal-expression.css";
export { default as Editor } from "dmn-js-literal-expression/lib/Editor";
