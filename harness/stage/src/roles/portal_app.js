"use strict";
// The portal's application: what a page needs to go from a session to a registration on W2 and back.
const portal = (() => {
  const asked = async (path) => {
    const answer = await fetch(path, { credentials: "same-origin", cache: "no-store" });
    if (!answer.ok) throw new Error(`${path}: ${answer.status}`);
    return answer.json();
  };
  const word = (length) =>
    [...crypto.getRandomValues(new Uint8Array(length))].map((octet) => octet.toString(16).padStart(2, "0")).join("");

  // One REGISTER and its final answer: status and body text.
  const exchange = (socket, dialog, expires, authorization) =>
    new Promise((resolve, reject) => {
      dialog.sequence += 1;
      const lines = [
        `REGISTER sip:${dialog.domain} SIP/2.0`,
        `Via: SIP/2.0/WSS ${dialog.host};branch=z9hG4bK${word(8)}`,
        "Max-Forwards: 70",
        `From: <${dialog.impu}>;tag=${dialog.tag}`,
        `To: <${dialog.impu}>`,
        `Call-ID: ${dialog.callId}`,
        `CSeq: ${dialog.sequence} REGISTER`,
        `Contact: <sip:${dialog.user}@${dialog.host};transport=ws>;+sip.instance="<urn:uuid:${crypto.randomUUID()}>";reg-id=1;expires=${expires}`,
        "Supported: path, outbound",
      ];
      if (authorization) lines.push(`Authorization: ${authorization}`);
      lines.push("Content-Length: 0", "", "");
      socket.onclose = () => reject(new Error("the edge closed the connection"));
      socket.onmessage = async (event) => {
        const text = typeof event.data === "string" ? event.data : await event.data.text();
        const status = /^SIP\/2\.0 (\d{3}) /.exec(text);
        if (!status) return reject(new Error("what came is no SIP"));
        if (Number(status[1]) >= 200) resolve({ status: Number(status[1]), text });
      };
      socket.send(lines.join("\r\n"));
    });

  const opened = (address) =>
    new Promise((resolve, reject) => {
      if (!address.startsWith("wss://")) return reject(new Error("the edge is not wss"));
      const socket = new WebSocket(address, "sip");
      socket.onopen = () => (socket.protocol === "sip" ? resolve(socket) : reject(new Error("no subprotocol")));
      socket.onerror = () => reject(new Error("W2 did not open"));
    });

  const hash = async (text) => {
    const octets = new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text)));
    return [...octets].map((octet) => octet.toString(16).padStart(2, "0")).join("");
  };

  // The answer to the first SHA-256 challenge of our own domain.
  const answered = async (refusal, dialog, ims) => {
    const challenges = [...refusal.matchAll(/^WWW-Authenticate:\s*Digest (.*)$/gim)].map((line) => line[1]);
    const parameter = (line, name) => new RegExp(`\\b${name}="?([^",]*)`, "i").exec(line)?.[1];
    const challenge = challenges.find((line) => parameter(line, "algorithm") === "SHA-256" && parameter(line, "realm") === dialog.domain);
    if (!challenge || parameter(challenge, "qop") === undefined) throw new Error("no challenge that we answer");
    const [nonce, cnonce, count] = [parameter(challenge, "nonce"), word(8), "00000001"];
    const uri = `sip:${dialog.domain}`;
    const secret = await hash(`${ims.impi}:${dialog.domain}:${ims.secret}`);
    const response = await hash(`${secret}:${nonce}:${count}:${cnonce}:auth:${await hash(`REGISTER:${uri}`)}`);
    const proof = await hash(`${secret}:${nonce}:${count}:${cnonce}:auth:${await hash(`:${uri}`)}`);
    const line = `Digest username="${ims.impi}", realm="${dialog.domain}", nonce="${nonce}", uri="${uri}", response="${response}", algorithm=SHA-256, cnonce="${cnonce}", qop=auth, nc=${count}`;
    return { line, proof };
  };

  // Registers and de-registers; `ims` only where the subscriber has a secret of the operator.
  const visit = async (ims) => {
    const session = ims ? { ...(await asked("/config.json")), impu: ims.impu } : await asked("/session");
    const domain = session.domain ?? session.impu.split("@")[1];
    const dialog = { domain, impu: session.impu, host: `${word(6)}.invalid`, user: word(4), tag: word(6), callId: word(12), sequence: 0 };
    const socket = await opened(session.w2);
    try {
      let authorization = ims ? undefined : `Bearer ${session.access_token}`;
      let answer = await exchange(socket, dialog, 600, authorization);
      if (ims && answer.status === 401) {
        const { line, proof } = await answered(answer.text, dialog, ims);
        authorization = undefined;
        answer = await exchange(socket, dialog, 600, line);
        if (answer.status === 200 && !answer.text.includes(`rspauth="${proof}"`)) throw new Error("the registrar does not know the secret");
      }
      if (answer.status === 200) await exchange(socket, dialog, 0, authorization);
      return { registered: answer.status === 200, status: answer.status, reason: "" };
    } finally {
      socket.onclose = null;
      socket.close();
    }
  };
  return { visit };
})();
window.portal = portal;
