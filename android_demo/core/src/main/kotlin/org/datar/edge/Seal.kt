package org.datar.edge

import java.nio.ByteBuffer
import java.security.MessageDigest

/**
 * A model file's own proof that it is whole: its card tells the SHA-256 of what it belongs to.
 *
 * Runtimes trust the files they are given; one flipped bit in a graph can crash them. What is
 * hashed is the file up to its archive, where it ends in one (TFLite), else the whole file with
 * zeros in place of the hash itself.
 */
internal object Seal {
    private val BEFORE = "\"content_sha256\": \"".toByteArray()
    private const val DIGITS = 64

    /** Whether a file is the one that was exported; true also where nothing in it tells. */
    fun holds(content: ByteBuffer, card: ModelCard): Boolean {
        val claimed = card.contentSha256.ifEmpty { return true }
        val end = AssociatedFiles.of(content)?.start ?: content.limit()
        val digest = MessageDigest.getInstance("SHA-256")
        val at = claimAt(content)
        if (at == null || at >= end) {
            digest.update(content, 0, end)
        } else {
            digest.update(content, 0, at)
            digest.update(ByteArray(DIGITS) { '0'.code.toByte() })
            digest.update(content, at + DIGITS, end)
        }
        return digest.digest().joinToString("") { "%02x".format(it) } == claimed
    }

    private fun MessageDigest.update(content: ByteBuffer, from: Int, to: Int) =
        update(content.duplicate().apply { limit(to).position(from) })

    /** Where the hash stands in the file: after the last place that looks like the card's. */
    private fun claimAt(content: ByteBuffer): Int? {
        val last = content.limit() - BEFORE.size - DIGITS
        return (last downTo 0).firstOrNull { at -> BEFORE.indices.all { content.get(at + it) == BEFORE[it] } }
            ?.let { it + BEFORE.size }
    }
}
