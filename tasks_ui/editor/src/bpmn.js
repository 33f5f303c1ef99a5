// The editor of diagrams.
import "./bpmn/main.js";
