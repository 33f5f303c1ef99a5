// The page's scripts find htmx as a global, as its documentation shows.
import htmx from "htmx.org";

window.htmx = htmx;
