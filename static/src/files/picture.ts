// A picture as a small square one: what stands for a group is shown at 96 px and may have a megabyte.
const SIDE = 384
const QUALITY = 0.86

/** The middle of it as JPEG; null if it is no picture that this browser reads. */
export async function squarePicture(file: Blob): Promise<Blob | null> {
  const image = await createImageBitmap(file).catch(() => null)
  if (!image) return null
  const side = Math.min(image.width, image.height)
  const canvas = document.createElement('canvas')
  canvas.width = canvas.height = Math.min(SIDE, side)
  const context = canvas.getContext('2d')
  // What shines through would be black.
  if (context) context.fillStyle = '#fff'
  context?.fillRect(0, 0, canvas.width, canvas.height)
  context?.drawImage(image, (image.width - side) / 2, (image.height - side) / 2, side, side, 0, 0, canvas.width, canvas.height)
  image.close()
  return new Promise((done) => canvas.toBlob(done, 'image/jpeg', QUALITY))
}
