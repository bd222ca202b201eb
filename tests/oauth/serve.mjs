// Serves the published emulator of Google's OAuth on a free port of loopback; prints its address.
import { createServer as listen } from "node:http";
import { createServer } from "@emulators/core";
import * as google from "@emulators/google";

const plugin = google.googlePlugin ?? google.default;
let app;
const server = listen(async (request, response) => {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  const body = chunks.length ? Buffer.concat(chunks) : undefined;
  const answer = await app.fetch(
    new Request(`http://${request.headers.host}${request.url}`, { method: request.method, headers: request.headers, body }),
  );
  response.writeHead(answer.status, Object.fromEntries(answer.headers));
  response.end(Buffer.from(await answer.arrayBuffer()));
});
server.listen(0, "127.0.0.1", () => {
  const baseUrl = `http://127.0.0.1:${server.address().port}`;
  const made = createServer(plugin, { port: server.address().port, baseUrl });
  google.seedFromConfig(made.store, baseUrl, JSON.parse(process.argv[2]));
  app = made.app;
  console.log(baseUrl);
});
process.stdin.on("end", () => process.exit(0)).resume(); // ends with the test, however that ends
