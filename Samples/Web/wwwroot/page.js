// Asks once for all that a picture has, and draws what the slider lets through: moving it asks nobody.
const $ = id => document.getElementById(id);
const view = $('view');
const pen = view.getContext('2d', { willReadFrequently: true });
const colors = new Map();
let picture = null;   // what is drawn under the boxes: a bitmap, or null where this browser cannot show it
let answer = null;    // the server's, { width, height, milliseconds, detections }
let asking = null;    // the request under way; a newer picture ends it
let camera = null;    // { stream } from the click that opens it, without a stream until it is allowed, to the one that closes it

const about = await describe();
$('detector').textContent = about.detector;
document.title = about.detector;
$('threshold').min = Math.ceil(about.threshold * 100);
for (const c of about.classes) {
  colors.set(c.channel, c.color);
  const item = document.createElement('li');
  item.append(swatch(c.color), c.name + ' ', Object.assign(document.createElement('b'), { id: 'count-' + c.channel }));
  $('legend').append(item);
}
for (let number = 0; number < 6; number++) {
  const image = Object.assign(new Image(), { src: 'scenes/' + number, alt: 'Scene ' + (number + 1) });
  const button = document.createElement('button');
  button.type = 'button';
  button.append(image);
  button.onclick = async () => { closeCamera(); await show(await (await fetch(image.src)).blob()); };
  $('scenes').append(button);
}
draw();

$('threshold').oninput = draw;
$('file').onchange = () => take($('file').files);
$('camera').onclick = () => camera ? closeCamera() : openCamera();
for (const name of ['dragenter', 'dragover']) {
  document.addEventListener(name, e => { e.preventDefault(); $('stage').classList.add('over'); });
}
document.addEventListener('dragleave', e => { if (!e.relatedTarget) $('stage').classList.remove('over'); });
document.addEventListener('drop', e => { e.preventDefault(); $('stage').classList.remove('over'); take(e.dataTransfer.files); });
document.addEventListener('paste', e => take(e.clipboardData.files));

function take(files) {
  if (files.length > 0) {
    closeCamera();
    show(files[0]);
  }
}

// What the server can find; without it there is nothing that the page could do, and it says so.
async function describe() {
  try {
    return await read(await fetch('detect'));
  } catch (e) {
    say(`The detector does not answer (${e.message}); load the page again later.`, true);
    throw e;
  }
}

// Shows a file's picture with what is found in it; says why where nothing can be.
async function show(file) {
  asking?.abort();
  const mine = asking = new AbortController();
  say('Looking …');
  try {
    const bitmap = await createImageBitmap(file).catch(() => null);
    const found = await ask(file, mine.signal);
    if (mine === asking) {
      [picture, answer] = [bitmap, found];
      draw();
    }
  } catch (e) {
    if (mine === asking) {
      say(e.message, true);
    }
  }
}

async function ask(file, signal) {
  const query = new URLSearchParams({ threshold: about.threshold, max: about.maxDetections });
  const response = await fetch('detect?' + query, { method: 'POST', body: file, headers: { 'Content-Type': file.type || 'application/octet-stream' }, signal });
  return await read(response);
}

async function read(response) {
  if (response.ok) {
    return await response.json();
  }
  const problem = await response.json().catch(() => ({ title: response.statusText, detail: '' }));
  throw Object.assign(new Error(`${problem.title}: ${problem.detail}`), { retry: Number(response.headers.get('Retry-After')) });
}

async function openCamera() {
  const mine = camera = { stream: null };
  $('camera').textContent = 'Close the camera';
  $('camera').setAttribute('aria-pressed', 'true');
  const video = Object.assign(document.createElement('video'), { muted: true, playsInline: true });
  try {
    mine.stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: 'environment' } });
    if (mine !== camera) {
      stop(mine.stream);   // It was closed before it was allowed.
      return;
    }
    asking?.abort();
    asking = null;
    video.srcObject = mine.stream;
    await video.play();
  } catch (e) {
    if (mine === camera) {
      closeCamera();
      say(`The camera cannot be opened: ${e.message}`, true);
    }
    return;
  }
  while (mine === camera) {
    // A canvas for each: the slider draws the one that was answered, while the next is asked about.
    const frame = document.createElement('canvas');
    [frame.width, frame.height] = [video.videoWidth, video.videoHeight];
    frame.getContext('2d').drawImage(video, 0, 0);
    const file = await new Promise(done => frame.toBlob(done, 'image/jpeg', 0.9));
    if (mine !== camera) {
      return;
    }
    try {
      const found = await ask(file);
      if (mine === camera) {
        [picture, answer] = [frame, found];
        draw();
      }
    } catch (e) {
      if (mine !== camera) {
        return;
      }
      say(e.message, true);
      await new Promise(done => setTimeout(done, 1000 * (e.retry || 1)));
    }
    await new Promise(requestAnimationFrame);
  }
}

function closeCamera() {
  stop(camera?.stream);
  camera = null;
  $('camera').textContent = 'Open the camera';
  $('camera').setAttribute('aria-pressed', 'false');
}

function stop(stream) {
  stream?.getTracks().forEach(t => t.stop());
}

// The picture, enlarged where it is small, the boxes whose score is high enough, and the same in words.
function draw() {
  const least = Number($('threshold').value) / 100;
  $('least').textContent = least.toFixed(2);
  if (!answer) {
    return;
  }
  const found = answer.detections.filter(d => d.score > least);
  const zoom = Math.max(1, Math.floor(640 / Math.max(answer.width, answer.height)));
  [view.width, view.height] = [answer.width * zoom, answer.height * zoom];
  if (picture) {
    pen.drawImage(picture, 0, 0, view.width, view.height);
  }
  const line = Math.max(2, Math.round(Math.min(view.width, view.height) / 200));
  const size = Math.max(12, 5 * line);
  pen.font = `600 ${size}px system-ui, sans-serif`;
  pen.textBaseline = 'top';
  for (const d of found.toReversed()) {
    const [x1, y1, x2, y2] = [d.box.x1, d.box.y1, d.box.x2, d.box.y2].map(v => v * zoom);
    const text = `${d.class} ${Math.round(d.score * 100)}%`;
    pen.lineWidth = line;
    pen.strokeStyle = pen.fillStyle = colors.get(d.channel);
    pen.strokeRect(x1 + line / 2, y1 + line / 2, Math.max(1, x2 - x1 - line), Math.max(1, y2 - y1 - line));
    const top = y1 >= size + 4 ? y1 - size - 4 : y1;
    pen.fillRect(x1, top, pen.measureText(text).width + 8, size + 4);
    pen.fillStyle = isBright(colors.get(d.channel)) ? '#000' : '#fff';
    pen.fillText(text, x1 + 4, top + 2);
  }
  $('found').replaceChildren(...found.map(row));
  for (const c of about.classes) {
    $('count-' + c.channel).textContent = found.filter(d => d.channel === c.channel).length || '';
  }
  const unseen = picture ? '' : ' This browser cannot show the picture; the boxes are where they are.';
  say(`${found.length} of ${answer.detections.length} found, in ${answer.milliseconds.toFixed(0)} ms.${unseen}`);
  view.setAttribute('aria-label', `Picture of ${answer.width} by ${answer.height} pixels with ${found.length} boxes; they are listed in the table`);
}

function row(d) {
  const element = document.createElement('tr');
  const name = Object.assign(document.createElement('th'), { scope: 'row' });
  name.append(swatch(colors.get(d.channel)), d.class);
  const box = [d.box.x1, d.box.y1, d.box.x2, d.box.y2].map(v => v.toFixed(0)).join(' ');
  element.append(name, ...[d.score.toFixed(2), box].map(text => Object.assign(document.createElement('td'), { textContent: text })));
  return element;
}

function swatch(color) {
  const element = Object.assign(document.createElement('span'), { className: 'swatch' });
  element.style.setProperty('--c', color);
  return element;
}

function isBright(color) {
  const [r, g, b] = [1, 3, 5].map(i => parseInt(color.slice(i, i + 2), 16));
  return 0.299 * r + 0.587 * g + 0.114 * b > 140;
}

function say(text, wrong = false) {
  $('status').textContent = text;
  $('status').classList.toggle('wrong', wrong);
}
