// The diagram of the decisions of a file that has several.
import "dmn-js/dist/assets/dmn-js-drd.css";
export { default as Editor } from "dmn-js-drd/lib/Modeler";
