package org.datar.edge

import java.io.File
import java.io.IOException
import java.nio.ByteBuffer
import java.nio.channels.FileChannel

/** Where a model file is: an asset of the app, a file. */
interface ModelSource {
    /** Name of the file, such as "datar-micro.tflite". */
    val name: String

    /**
     * The whole file in memory, mapped: direct and read-only.
     *
     * @throws ModelException it is missing or cannot be read.
     */
    fun map(): ByteBuffer

    /**
     * The file by its path, for runtimes that take nothing else; an asset is copied once.
     *
     * @throws ModelException it is missing or cannot be read.
     */
    fun file(): File
}

/** A model in a file of its own. */
class ModelFile(private val path: File) : ModelSource {
    override val name: String get() = path.name

    override fun map(): ByteBuffer = try {
        path.inputStream().channel.use { it.map(FileChannel.MapMode.READ_ONLY, 0, it.size()) }
    } catch (error: IOException) {
        throw ModelException("The model $name cannot be read: ${error.message}", error)
    }

    override fun file(): File = path
}
