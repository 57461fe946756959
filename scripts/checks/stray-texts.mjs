import ts from 'typescript';

/** Attributes and properties whose text people read or hear. */
const readable =
  /^(aria-(label|description|roledescription|valuetext|placeholder)|title|placeholder|alt|label|hint|text|description|heading|message|summary|caption|question|note|empty|legend|announcement)$/;
/** What is written the same in every language. */
const same =
  /^(Polylogue|GraphQL|GraphiQL|API|JSON|CSV|PDF|URL|HTML|Markdown|OpenID Connect|[A-Z]{1,3}|https?:\/\/\S*|[\w.-]+@[\w.-]+|[/?&#]\S*)$/;
const letters = /\p{L}/u;

/**
 * The texts in a file that people seem to read: texts between tags, what readable attributes and properties hold, and any
 * other text that looks like a sentence. They are guessed from their form; what is guessed wrong has a comment before it,
 * `// not read by people: <why>`.
 *
 * @returns {{ line: number, text: string }[]}
 */
export function strayTexts(source) {
  const found = [];
  const note = (node, text) => {
    const { line } = source.getLineAndCharacterOfPosition(node.getStart(source));
    if (!isExcused(source, line)) found.push({ line: line + 1, text: text.trim().replaceAll(/\s+/g, ' ') });
  };
  const visit = (node, place) => {
    if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node) || ts.isTypeNode(node)) return;
    if (ts.isJsxText(node)) {
      const words = node.text.trim();
      if (letters.test(words) && !same.test(words)) note(node, words);
      return;
    }
    if (ts.isStringLiteral(node) || ts.isNoSubstitutionTemplateLiteral(node)) {
      if (isStray(node.text, place)) note(node, node.text);
      return;
    }
    if (ts.isTemplateExpression(node)) {
      const text = [node.head, ...node.templateSpans.map(({ literal }) => literal)].map(({ text }) => text).join('…');
      if (isStray(text, place)) note(node, text);
      for (const span of node.templateSpans) visit(span.expression, place);
      return;
    }
    ts.forEachChild(node, (child) => visit(child, placeOf(child, node, place)));
  };
  visit(source, 'code');
  return found;
}

/** Whether people read a text at `child`: `read`, `code` if only a sentence tells, `never` for classes and the like. */
function placeOf(child, parent, place) {
  if (ts.isJsxAttribute(parent) && child === parent.initializer) {
    const name = parent.name.getText();
    if (readable.test(name)) return 'read';
    return /class|^style$|^data-|^d$|^href$|^to$|^id$|^key$|^accept$/i.test(name) ? 'never' : 'code';
  }
  if (ts.isJsxElement(parent) || ts.isJsxFragment(parent)) return ts.isJsxExpression(child) ? 'read' : 'code';
  if (ts.isJsxSelfClosingElement(parent) || ts.isJsxOpeningElement(parent)) return 'code';
  if (ts.isPropertyAssignment(parent) && child === parent.initializer) {
    return readable.test(parent.name.getText()) ? 'read' : place === 'never' ? 'never' : 'code';
  }
  if (ts.isCallExpression(parent)) {
    const called = parent.expression.getText();
    // The log is for operators, who read English.
    if (/(^|[.])log[.](error|warn|info)$/.test(called)) return 'never';
    if (
      /^(classes|cva|clsx|querySelector|closest|matches|matchMedia|.*[.](querySelector(All)?|closest|matches|matchMedia|setProperty))$/.test(
        called,
      )
    )
      return 'never';
    return child === parent.expression ? place : /^(announce|toast|tell|showToast)/.test(called) ? 'read' : 'code';
  }
  if (ts.isNewExpression(parent)) return /(Error|Response)$/.test(parent.expression.getText()) ? 'never' : 'code';
  // What is compared or looked up is not shown: only the branches of a choice are.
  if (ts.isConditionalExpression(parent)) return child === parent.condition ? 'never' : place;
  if (ts.isBinaryExpression(parent)) {
    const isShown = ['||', '??', '&&', '+'].includes(parent.operatorToken.getText());
    return isShown
      ? parent.operatorToken.getText() === '&&' && child === parent.left
        ? 'never'
        : place
      : place === 'read'
        ? 'never'
        : place;
  }
  if (ts.isElementAccessExpression(parent) || ts.isLiteralTypeNode(parent)) return 'never';
  if (ts.isArrowFunction(parent) || ts.isFunctionDeclaration(parent) || ts.isFunctionExpression(parent)) return 'code';
  if (ts.isVariableDeclaration(parent) && /class|style|query|selector/i.test(parent.name.getText())) return 'never';
  if (ts.isTaggedTemplateExpression(parent)) return 'never';
  return place;
}

function isStray(text, place) {
  const words = text.replaceAll('…', '').replace(/^[\s·]+|[\s·]+$/g, '');
  if (place === 'never' || !letters.test(words) || same.test(words)) return false;
  if (place === 'read') return /\p{L}{2}/u.test(text) && !/^[a-z]+(-[a-z]+)*$/.test(text.trim().replaceAll('…', ''));
  // A sentence, or a name of several words.
  return (
    /^[\s…]*[\p{Lu}“][\p{L}’'…]*[,:]? [\p{L}’“…(]/u.test(text) ||
    /\p{L}{2,},? \p{L}[\p{L}’ ,]*[.!?…:]$/u.test(text.trim())
  );
}

function isExcused(source, line) {
  const lines = source.text.split('\n');
  return [line, line - 1].some((at) => lines[at]?.includes('not read by people:'));
}
