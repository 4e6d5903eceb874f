// Lists the operations of openapi.json. All text goes in as text nodes.
const list = document.getElementById('list');
const make = (tag, text, ...children) => {
  const e = document.createElement(tag);
  if (text) e.textContent = text;
  e.append(...children);
  return e;
};
// resolve follows $ref two levels deep: enough to see what is sent.
const resolve = (doc, s, depth = 0) => {
  if (!s || depth > 3) return s;
  if (s.$ref) return resolve(doc, doc.components.schemas[s.$ref.split('/').pop()], depth + 1);
  if (s.properties) {
    return Object.fromEntries(Object.entries(s.properties).map(([k, v]) => {
      const inner = resolve(doc, v, depth + 1);
      return [(s.required ?? []).includes(k) ? k : k + '?', inner?.type && !inner.properties ? [inner.type, inner.enum, inner.description].flat().filter(Boolean).join(' · ') : inner];
    }));
  }
  if (s.items) return [resolve(doc, s.items, depth + 1)];
  return s;
};
const show = (doc, schema) => make('pre', '', make('code', JSON.stringify(resolve(doc, schema), null, 2)));
try {
  const doc = await (await fetch('openapi.json')).json();
  const rows = [];
  for (const [path, methods] of Object.entries(doc.paths)) {
    for (const [method, op] of Object.entries(methods)) {
      if (!op.operationId) continue;
      const body = op.requestBody?.content?.['application/json']?.schema;
      const answer = Object.entries(op.responses).find(([code]) => code.startsWith('2'));
      const row = make('details', '', make('summary', `${method.toUpperCase()} ${path} — ${op.summary}`));
      row.append(make('p', `Operation ${op.operationId}${op.security?.length ? '; with a token' : ''}`));
      for (const p of op.parameters ?? []) row.append(make('p', `${p.in} ${p.name}: ${p.description ?? ''}`));
      if (body) row.append(make('p', 'Send'), show(doc, body));
      const schema = answer?.[1].content?.['application/json']?.schema;
      row.append(make('p', `Answer ${answer?.[0] ?? ''}`));
      if (schema) row.append(show(doc, schema));
      rows.push([`${path} ${op.operationId} ${op.summary}`.toLowerCase(), row]);
    }
  }
  list.replaceChildren(...rows.map(([, row]) => row));
  document.getElementById('find').addEventListener('input', (e) => {
    for (const [text, row] of rows) row.hidden = !text.includes(e.target.value.toLowerCase());
  });
} catch (e) {
  list.replaceChildren(make('p', `The document could not be loaded: ${e}`));
}
