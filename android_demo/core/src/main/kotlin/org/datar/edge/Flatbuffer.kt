package org.datar.edge

import java.nio.ByteBuffer
import java.nio.ByteOrder

/** The bytes are no flatbuffer of the kind that is read. */
internal class FlatbufferException(message: String) : Exception(message)

/**
 * A table in a flatbuffer, read without generated code; fields have their number in the schema.
 *
 * Every access is checked against the bytes there are, so that a damaged file ends in an exception.
 */
internal class Table(private val data: ByteBuffer, private val at: Int) {
    /** The table that a field refers to; null if it is left out. */
    fun table(number: Int): Table? = field(number)?.let { Table(data, data.follow(it)) }

    /** A field of one byte, 0 if it is left out. */
    fun byte(number: Int): Int = field(number)?.let { data.checked(it, 1).get(it).toInt() } ?: 0

    /** A string; null if it is left out. */
    fun text(number: Int): String? = field(number)?.let { data.text(data.follow(it)) }

    /** The tables of a vector. */
    fun tables(number: Int): List<Table> = vector(number).map { Table(data, data.follow(it)) }

    /** The integers of a vector. */
    fun integers(number: Int): List<Int> = vector(number).map { data.getInt(it) }

    /** Where the elements of a vector lie, of four bytes each. */
    private fun vector(number: Int): List<Int> {
        val start = data.follow(field(number) ?: return emptyList())
        val count = data.integer(start)
        if (count !in 0..MAX_ELEMENTS) throw FlatbufferException("a vector of $count elements")
        data.checked(start + Int.SIZE_BYTES, count * Int.SIZE_BYTES)
        return List(count) { start + Int.SIZE_BYTES * (it + 1) }
    }

    private fun field(number: Int): Int? {
        val vtable = at - data.integer(at)
        val slot = 2 * Short.SIZE_BYTES + Short.SIZE_BYTES * number
        if (slot + Short.SIZE_BYTES > data.unsignedShort(vtable)) return null
        return data.unsignedShort(vtable + slot).takeIf { it != 0 }?.let { at + it }
    }

    companion object {
        private const val MAX_ELEMENTS = 1 shl 20

        /** The outermost table of a flatbuffer. */
        fun root(content: ByteBuffer): Table {
            val data = content.duplicate().order(ByteOrder.LITTLE_ENDIAN).apply { rewind() }
            return Table(data, data.follow(0))
        }

        private fun ByteBuffer.checked(at: Int, bytes: Int): ByteBuffer {
            if (at < 0 || bytes < 0 || at > limit() - bytes) {
                throw FlatbufferException("a reference to byte $at of ${limit()}")
            }
            return this
        }

        private fun ByteBuffer.integer(at: Int): Int = checked(at, Int.SIZE_BYTES).getInt(at)

        private fun ByteBuffer.unsignedShort(at: Int): Int =
            checked(at, Short.SIZE_BYTES).getShort(at).toInt() and 0xffff

        private fun ByteBuffer.follow(at: Int): Int = at + integer(at)

        private fun ByteBuffer.text(at: Int): String {
            val bytes = ByteArray(checked(at + Int.SIZE_BYTES, integer(at)).getInt(at))
            duplicate().apply { position(at + Int.SIZE_BYTES) }.get(bytes)
            return String(bytes, Charsets.UTF_8)
        }
    }
}
