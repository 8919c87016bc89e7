package org.datar.edge

import java.nio.ByteBuffer

/** Finds the card inside a model file of either kind. */
object CardReader {
    private const val TFLITE_NAME = "datar_edge_card.json"
    private const val PTE_METHOD = "datar_edge_card"
    private const val MAX_CARD_BYTES = 4 shl 20
    private const val MAGIC_AT = 4

    /**
     * The card of a file that is whole.
     *
     * @param content the whole file.
     * @param name of the file, for messages.
     * @throws CardException the file has no card, or a wrong one.
     * @throws ModelException the file is no model, damaged or cut off.
     */
    fun read(content: ByteBuffer, name: String): ModelCard {
        val text = when (magic(content)) {
            "TFL3" -> inTflite(content)
            "ET12" -> inPte(content, name)
            else -> throw ModelException("$name is neither a TFLite nor an ExecuTorch file.")
        }
        if (text.isNullOrEmpty()) {
            throw CardException("$name has no datar-edge card: another program made it, or it is cut off.")
        }
        val card = ModelCard.parse(text)
        if (!Seal.holds(content, card)) {
            throw ModelException("$name is damaged: it is not the file that was exported.")
        }
        return card
    }

    private fun magic(content: ByteBuffer): String {
        val bytes = ByteArray(minOf(Int.SIZE_BYTES, maxOf(0, content.limit() - MAGIC_AT)))
        if (bytes.isNotEmpty()) content.duplicate().apply { position(MAGIC_AT) }.get(bytes)
        return String(bytes, Charsets.ISO_8859_1)
    }

    private fun inTflite(content: ByteBuffer): String? =
        AssociatedFiles.of(content)?.read(TFLITE_NAME, MAX_CARD_BYTES)?.let { String(it, Charsets.UTF_8) }

    private fun inPte(content: ByteBuffer, name: String): String? = try {
        Pte.text(content, PTE_METHOD)
    } catch (error: FlatbufferException) {
        throw ModelException("$name is damaged or cut off: ${error.message}", error)
    }
}
