// Finds every Fault and Finding in the sources, with the words that people get. Used by scripts/docs.mjs and its test.
import { readdirSync, readFileSync } from 'node:fs';
import { join, sep } from 'node:path';
import ts from 'typescript';

function sources(folder) {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return path.endsWith(join('dsp', 'assembly')) ? [] : sources(path);
    return path.endsWith('.ts') ? [path] : [];
  });
}

/** The words of an expression: literals as they are, all else as `...`; of a choice, the first of both. */
function words(node) {
  if (node === undefined) return '';
  if (ts.isStringLiteralLike(node)) return node.text;
  if (ts.isTemplateExpression(node))
    return node.head.text + node.templateSpans.map((span) => `...${span.literal.text}`).join('');
  if (ts.isConditionalExpression(node)) return words(node.whenTrue);
  if (ts.isParenthesizedExpression(node)) return words(node.expression);
  if (ts.isBinaryExpression(node) && node.operatorToken.kind === ts.SyntaxKind.PlusToken)
    return words(node.left) + words(node.right);
  return '...';
}

const isCode = (node) =>
  node !== undefined && ts.isStringLiteralLike(node) && /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(node.text);

/** Codes in alphabetical order, each once: {code, what, fix, room}. */
export function faultCodes(root = 'src') {
  const found = new Map();
  const add = (file, code, what, fix) => {
    const parts = file.slice(root.length + 1).split(sep);
    const known = found.get(code);
    const entry = { code, what, fix, room: parts.length > 1 ? parts[0] : 'program' };
    // The same code may stand in several places; the fullest words are kept.
    const weight = (e) => e.what.replaceAll('...', '').length + e.fix.replaceAll('...', '').length;
    if (known === undefined || weight(entry) > weight(known)) found.set(code, entry);
  };
  for (const file of sources(root)) {
    const tree = ts.createSourceFile(file, readFileSync(file, 'utf8'), ts.ScriptTarget.Latest, true);
    const visit = (node) => {
      if (
        ts.isCallExpression(node) &&
        ts.isIdentifier(node.expression) &&
        node.expression.text === 'bad' &&
        isCode(node.arguments[0])
      ) {
        add(file, node.arguments[0].text, words(node.arguments[1]), words(node.arguments[2]));
      }
      if (ts.isObjectLiteralExpression(node)) {
        const of = (name) =>
          node.properties.find(
            (p) => (ts.isPropertyAssignment(p) || ts.isShorthandPropertyAssignment(p)) && p.name.getText() === name,
          );
        const code = of('code');
        const fix = of('fix');
        const what = of('what') ?? of('symptom');
        const codes =
          code === undefined || !ts.isPropertyAssignment(code)
            ? []
            : ts.isConditionalExpression(code.initializer)
              ? [code.initializer.whenTrue, code.initializer.whenFalse]
              : [code.initializer];
        if (fix !== undefined && what !== undefined) {
          for (const one of codes)
            if (isCode(one)) add(file, one.text, words(what.initializer), words(fix.initializer));
        }
      }
      ts.forEachChild(node, visit);
    };
    visit(tree);
  }
  return [...found.values()].sort((a, b) => (a.code < b.code ? -1 : 1));
}
