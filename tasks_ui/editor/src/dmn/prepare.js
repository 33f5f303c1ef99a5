// What a file needs before it can be edited: an id for every row and cell (the check names them by it), each id only once.

const NAMED = new Set(["input", "output", "rule", "inputEntry", "outputEntry", "decisionTable"]);

/**
 * Give every column, row and cell an id of its own; a file in which all have one is returned as it is.
 * @param {string} source
 * @returns {string}
 */
export function prepare(source) {
  const tree = new DOMParser().parseFromString(source, "application/xml");
  if (tree.querySelector("parsererror")) return source;
  const seen = new Set();
  let changed = false;
  for (const element of tree.documentElement.getElementsByTagName("*")) {
    const id = element.getAttribute("id");
    const wanted = NAMED.has(element.localName) && element.namespaceURI === tree.documentElement.namespaceURI;
    if ((id && seen.has(id) && wanted) || (!id && wanted)) {
      element.setAttribute("id", fresh(element.localName, seen));
      changed = true;
    }
    if (element.hasAttribute("id")) seen.add(element.getAttribute("id"));
  }
  return changed ? new XMLSerializer().serializeToString(tree) : source;
}

function fresh(kind, seen) {
  let id = "";
  do id = `${kind}_${Math.random().toString(36).slice(2, 9)}`; while (seen.has(id));
  return id;
}

/** The tags of a file that decide which views it needs. */
export function needs(source) {
  const decisions = source.match(/<(?:\w+:)?decision[\s>]/g)?.length ?? 0;
  return {
    diagram: decisions > 1 || /<(?:\w+:)?(?:businessKnowledgeModel|decisionService)[\s>]/.test(source),
    literal: /<(?:\w+:)?literalExpression[\s>]/.test(source),
    boxed: /<(?:\w+:)?businessKnowledgeModel[\s>]/.test(source),
  };
}
