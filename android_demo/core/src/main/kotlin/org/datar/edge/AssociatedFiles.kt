package org.datar.edge

import java.io.ByteArrayInputStream
import java.io.IOException
import java.nio.ByteBuffer
import java.nio.ByteOrder
import java.util.zip.ZipInputStream

/**
 * The zip archive that TFLite's metadata appends to a model, read from the mapped file.
 *
 * `java.util.zip.ZipFile` wants a path, which an asset has not.
 */
internal class AssociatedFiles private constructor(
    private val content: ByteBuffer,
    private val entries: Map<String, Int>,
) {
    /** Where the archive begins, which is where the model ends. */
    val start: Int get() = entries.values.minOrNull() ?: content.limit()

    /**
     * One file's bytes; null if there is none of that name, or more than [maxBytes].
     *
     * @throws CardException it is damaged
     */
    fun read(name: String, maxBytes: Int): ByteArray? {
        val at = entries[name] ?: return null
        val bytes = ByteArray(content.limit() - at)
        content.duplicate().apply { position(at) }.get(bytes)
        return try {
            ZipInputStream(ByteArrayInputStream(bytes)).use { zip ->
                zip.nextEntry ?: return null
                zip.readNBytesUpTo(maxBytes + 1).takeIf { it.size <= maxBytes }
            }
        } catch (error: IOException) {
            throw CardException("The file's $name is damaged: ${error.message}")
        }
    }

    companion object {
        private const val END_BYTES = 22
        private const val END_MAGIC = 0x06054b50
        private const val ENTRY_BYTES = 46
        private const val ENTRY_MAGIC = 0x02014b50
        private const val MAX_COMMENT_BYTES = 0xffff

        /** The archive at the end of a file; null where there is none. */
        fun of(file: ByteBuffer): AssociatedFiles? {
            val content = file.duplicate().order(ByteOrder.LITTLE_ENDIAN).apply { rewind() }
            val end = endOfDirectory(content) ?: return null
            val size = content.getInt(end + 12)
            val directory = end - size
            // Offsets count from where the archive begins, wherever in the file that is.
            val shift = directory - content.getInt(end + 16)
            if (size < 0 || directory < 0 || shift < 0) return null
            return entries(content, directory, end, shift)?.let { AssociatedFiles(content, it) }
        }

        private fun endOfDirectory(content: ByteBuffer): Int? {
            val last = content.limit() - END_BYTES
            val first = maxOf(0, last - MAX_COMMENT_BYTES)
            return (last downTo first).firstOrNull { content.getInt(it) == END_MAGIC }
        }

        private fun entries(content: ByteBuffer, from: Int, end: Int, shift: Int): Map<String, Int>? {
            val found = LinkedHashMap<String, Int>()
            var at = from
            while (at + ENTRY_BYTES <= end) {
                if (content.getInt(at) != ENTRY_MAGIC) return null
                val nameBytes = content.unsignedShort(at + 28)
                val restBytes = content.unsignedShort(at + 30) + content.unsignedShort(at + 32)
                val offset = content.getInt(at + 42) + shift
                if (at + ENTRY_BYTES + nameBytes > end || offset !in 0 until from) return null
                found[content.text(at + ENTRY_BYTES, nameBytes)] = offset
                at += ENTRY_BYTES + nameBytes + restBytes
            }
            return found
        }

        private fun ByteBuffer.unsignedShort(at: Int): Int = getShort(at).toInt() and 0xffff

        private fun ByteBuffer.text(at: Int, count: Int): String {
            val bytes = ByteArray(count)
            duplicate().apply { position(at) }.get(bytes)
            return String(bytes, Charsets.UTF_8)
        }
    }
}

private fun ZipInputStream.readNBytesUpTo(count: Int): ByteArray {
    val bytes = ByteArray(count)
    var filled = 0
    while (filled < count) {
        val read = read(bytes, filled, count - filled)
        if (read < 0) break
        filled += read
    }
    return bytes.copyOf(filled)
}
