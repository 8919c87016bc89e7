package org.datar.edge

import java.nio.ByteBuffer
import java.nio.ByteOrder

/**
 * The texts in an ExecuTorch file, read without ExecuTorch.
 *
 * The file is a flatbuffer (schema/program.fbs of ExecuTorch). A method that returns a constant is
 * a plan whose only output is that constant.
 */
internal object Pte {
    private const val PROGRAM_PLANS = 1
    private const val PLAN_NAME = 0
    private const val PLAN_VALUES = 2
    private const val PLAN_OUTPUTS = 4
    private const val STRING = 6 // in the union KernelTypes
    private const val HEADER_AT = 8
    private const val PROGRAM_BYTES_AT = 16

    /**
     * The text that a constant method returns; null if there is no such method.
     *
     * @throws FlatbufferException the file is damaged or cut off.
     */
    fun text(content: ByteBuffer, method: String): String? {
        val plans = Table.root(program(content)).tables(PROGRAM_PLANS)
        val plan = plans.firstOrNull { it.text(PLAN_NAME) == method } ?: return null
        val values = plan.tables(PLAN_VALUES)
        val value = plan.integers(PLAN_OUTPUTS).singleOrNull()?.let(values::getOrNull)
        if (value?.byte(0) != STRING) throw FlatbufferException("the method $method returns no text")
        return value.table(1)?.text(0)
    }

    /** The flatbuffer without the weights behind it. */
    private fun program(content: ByteBuffer): ByteBuffer {
        val data = content.duplicate().order(ByteOrder.LITTLE_ENDIAN).apply { rewind() }
        if (data.limit() < PROGRAM_BYTES_AT + Long.SIZE_BYTES || !data.hasHeader()) {
            throw FlatbufferException("it has no header that says where its weights are")
        }
        val bytes = data.getLong(PROGRAM_BYTES_AT)
        if (bytes !in 0..data.limit()) throw FlatbufferException("its header leads outside of it")
        return data.apply { limit(bytes.toInt()) }
    }

    private fun ByteBuffer.hasHeader(): Boolean =
        getInt(HEADER_AT) == ByteBuffer.wrap("eh00".toByteArray()).order(ByteOrder.LITTLE_ENDIAN).int
}
