// The least that a node developer would write to call a handler over HTTP. Prints its port.
import { createServer } from "node:http";
import { handler } from "./handler.mjs";

const server = createServer((request, response) => {
  const chunks = [];
  request.on("data", (chunk) => chunks.push(chunk));
  request.on("end", async () => {
    const result = JSON.stringify(await handler(JSON.parse(Buffer.concat(chunks).toString())));
    response.writeHead(200, { "Content-Type": "application/json", "Content-Length": Buffer.byteLength(result) });
    response.end(result);
  });
});
server.listen(0, "127.0.0.1", () => console.log(server.address().port));
process.stdin.resume().on("end", () => process.exit(0));
