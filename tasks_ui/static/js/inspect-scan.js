// Reading the code on a door with the browser's own detector, where it has one; elsewhere the phone's camera app does it.
(() => {
  const store = window.inspection;
  const { say, part } = store;
  if (!("BarcodeDetector" in window) || !navigator.mediaDevices?.getUserMedia) return;
  const dialog = document.getElementById("scan");
  const video = dialog.querySelector("video");
  const complain = (sentence) => { part(dialog, "problem").textContent = sentence; part(dialog, "problem").hidden = !sentence; };
  // Only the path counts: a code of another address of the same system still names its house.
  const path = (text) => { try { return new URL(text, location.origin).pathname; } catch { return ""; } };
  const scan = async () => {
    complain("");
    dialog.showModal();
    let stream = null;
    try {
      stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
      video.srcObject = stream;
      await video.play();
      const detector = new BarcodeDetector({ formats: ["qr_code"] });
      while (dialog.open) {
        const [found] = await detector.detect(video).catch(() => []);
        const to = found && path(found.rawValue);
        if (to?.startsWith("/inspect/door/")) { dialog.close(); location.href = to; } else if (found) complain(say.strange);
        await new Promise((done) => { setTimeout(done, 200); });
      }
    } catch { complain(say.camera); } finally { for (const track of stream?.getTracks() ?? []) track.stop(); video.srcObject = null; }
  };
  Object.assign(store, { scan });
})();
