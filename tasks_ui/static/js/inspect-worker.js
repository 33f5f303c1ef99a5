// Lets the inspection pages open without network: their frame, their files and the floor plans seen. What was typed lies elsewhere
// (inspect-store.js). The server writes FILES and VERSION above this text, so that a new version of any file is a new worker.
const SHELL = "keyturn-inspect-shell";
const PICTURES = "keyturn-inspect-pictures";
const FRAME = "/inspect";
const DOOR = `${FRAME}/door/`; // shows other pages than the frame
const PATIENCE = 4000;
const MOST_PICTURES = 800;

self.addEventListener("install", (event) => {
  event.waitUntil((async () => {
    const cache = await caches.open(`${SHELL}-${VERSION}`);
    await cache.addAll(FILES.map((file) => new Request(file, { cache: "no-cache" })));
    const frame = await fetch(FRAME, { credentials: "same-origin" });
    if (frame.ok && !frame.redirected) await cache.put(FRAME, frame);
    await self.skipWaiting();
  })());
});
self.addEventListener("activate", (event) => {
  event.waitUntil((async () => {
    const mine = `${SHELL}-${VERSION}`;
    const kept = await caches.open(mine);
    for (const name of await caches.keys()) {
      if (!name.startsWith(SHELL) || name === mine) continue;
      const old = await (await caches.open(name)).match(FRAME, { ignoreVary: true });
      if (old && !(await kept.match(FRAME, { ignoreVary: true }))) await kept.put(FRAME, old);
      await caches.delete(name);
    }
    await self.clients.claim();
  })());
});

const fresh = (request, patience) => new Promise((done, failed) => {
  const timer = patience && setTimeout(failed, patience);
  fetch(request).then(done, failed).finally(() => clearTimeout(timer));
});
const page = async (request) => {
  const cache = await caches.open(`${SHELL}-${VERSION}`);
  try {
    const answer = await fresh(request, PATIENCE);
    if (answer.ok && !answer.redirected && !new URL(request.url).pathname.startsWith(DOOR)) await cache.put(FRAME, answer.clone());
    if (answer.status < 500) return answer;
    return (await cache.match(FRAME, { ignoreVary: true })) ?? answer;
  } catch {
    return (await cache.match(FRAME, { ignoreVary: true })) ?? Response.error();
  }
};
const file = async (request) => (await (await caches.open(`${SHELL}-${VERSION}`)).match(request, { ignoreVary: true })) ?? fetch(request);
const picture = async (request) => {
  const cache = await caches.open(PICTURES);
  try {
    const answer = await fresh(request, PATIENCE);
    if (answer.ok) await cache.put(request, answer.clone());
    return answer;
  } catch {
    return (await cache.match(request, { ignoreVary: true })) ?? Response.error();
  }
};
// A small picture never changes; the oldest leave when there are very many.
const kept = async (request) => {
  const cache = await caches.open(PICTURES);
  const found = await cache.match(request, { ignoreVary: true });
  if (found) return found;
  const answer = await fetch(request);
  if (!answer.ok) return answer;
  await cache.put(request, answer.clone());
  for (const old of (await cache.keys()).slice(0, -MOST_PICTURES)) await cache.delete(old);
  return answer;
};
self.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== location.origin) return;
  if (request.mode === "navigate") { if (url.pathname === FRAME || url.pathname.startsWith(`${FRAME}/`)) event.respondWith(page(request)); }
  else if (FILES.includes(url.pathname + url.search)) event.respondWith(file(request));
  else if (/^\/inspect\/[^/]+\/plan$/.test(url.pathname)) event.respondWith(picture(request));
  else if (url.pathname.startsWith("/attachments/") && url.search === "?size=small") event.respondWith(kept(request));
});
