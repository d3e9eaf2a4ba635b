// Passkeys: a form with data-passkey is answered by a key of this machine and posted.
// Without it, and where a browser knows no passkeys, the passphrase is the way.
"use strict";
(() => {
  const form = document.querySelector("form[data-passkey]");
  if (!form || !window.PublicKeyCredential) return;
  const from = (s) => Uint8Array.from(atob(s.replace(/-/g, "+").replace(/_/g, "/")), (c) => c.charCodeAt(0));
  const to = (b) => btoa(String.fromCharCode(...new Uint8Array(b))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
  const named = (list) => (list || []).map((c) => ({ ...c, id: from(c.id) }));
  const refused = form.querySelector("[data-refused]");

  // what the key answered, as WebAuthn writes it in JSON
  const write = (key) => {
    const response = { clientDataJSON: to(key.response.clientDataJSON) };
    for (const part of ["attestationObject", "authenticatorData", "signature", "userHandle"]) {
      if (key.response[part]) response[part] = to(key.response[part]);
    }
    return JSON.stringify({ id: key.id, rawId: to(key.rawId), type: key.type, response, clientExtensionResults: key.getClientExtensionResults() });
  };
  const make = async () => {
    const o = JSON.parse(form.dataset.options);
    return navigator.credentials.create({
      publicKey: { ...o, challenge: from(o.challenge), user: { ...o.user, id: from(o.user.id) }, excludeCredentials: named(o.excludeCredentials) },
    });
  };
  const use = async () => {
    const o = await (await fetch("/sign-in/passkey", { cache: "no-store" })).json();
    return navigator.credentials.get({ publicKey: { ...o, challenge: from(o.challenge) } });
  };

  form.hidden = false;
  for (const e of document.querySelectorAll("[data-no-passkey]")) e.hidden = true;
  form.addEventListener("submit", async (e) => {
    if (form.elements.answer.value) return;
    e.preventDefault();
    refused.hidden = true;
    try {
      form.elements.answer.value = write(await (form.dataset.passkey === "make" ? make() : use()));
      form.submit();
    } catch {
      refused.hidden = false;
    }
  });
})();
