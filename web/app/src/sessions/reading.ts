/** Reads files to attach them. A picture that is too large is made smaller; what is no picture is taken whole or not. */
import { bytes } from "../parts/formats.ts";
import { isPictureType, typeOf, type Attachment } from "./attachments.ts";

const LONGEST_SIDE = 1_568; // pixels: models see no more
const QUALITY = 0.85;

/** Throws an Error with a sentence for the user. *most* is how many bytes there is room for. */
export async function readAttachment(file: File, most: number): Promise<Attachment> {
  const name = file.name || "pasted";
  const type = typeOf(file);
  if (type === null) throw new Error(`${name} is no picture, PDF or text file.`);
  if (file.size === 0) throw new Error(`${name} is empty.`);
  if (file.size <= most) return { name, type, base64: await base64Of(file) };
  const smaller = isPictureType(type) && type !== "image/gif" ? await shrunk(file) : null;
  if (smaller && smaller.size <= most) return { name, type: smaller.type, base64: await base64Of(smaller) };
  throw new Error(`${name} has ${bytes(file.size)}: there is room for ${bytes(most)} with this message.`);
}

async function shrunk(file: File): Promise<Blob | null> {
  const picture = await createImageBitmap(file).catch(() => null);
  if (!picture) return null;
  const scale = Math.min(1, LONGEST_SIDE / Math.max(picture.width, picture.height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.max(1, Math.round(picture.width * scale));
  canvas.height = Math.max(1, Math.round(picture.height * scale));
  const context = canvas.getContext("2d");
  if (!context) return null;
  context.fillStyle = "#fff"; // what could be seen through is white then
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.drawImage(picture, 0, 0, canvas.width, canvas.height);
  picture.close();
  return new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", QUALITY));
}

function base64Of(file: Blob): Promise<string> {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(String(reader.result).replace(/^[^,]*,/, ""));
    reader.onerror = () => reject(new Error("The file could not be read."));
    reader.readAsDataURL(file);
  });
}
