package org.datar.edge.demo.models

import android.content.res.AssetManager
import java.io.File
import java.io.IOException
import java.nio.ByteBuffer
import java.nio.channels.FileChannel
import org.datar.edge.ModelException
import org.datar.edge.ModelSource

/**
 * A model among the app's assets, which are stored uncompressed so that they can be mapped.
 *
 * @param path of the asset
 * @param cache folder for a copy, for engines that need a file
 */
class AssetModel(
    private val assets: AssetManager,
    private val path: String,
    private val cache: File,
) : ModelSource {
    override val name: String get() = path.substringAfterLast('/')

    override fun map(): ByteBuffer = reading {
        assets.openFd(path).use { descriptor ->
            descriptor.createInputStream().channel.map(
                FileChannel.MapMode.READ_ONLY, descriptor.startOffset, descriptor.length,
            )
        }
    }

    /** Copied each time: an update of the app may bring another model of the same name and size. */
    override fun file(): File = reading { File(cache, name).also(::write) }

    private fun write(copy: File) {
        val half = File(cache, "$name.half")
        assets.open(path).use { asset -> half.outputStream().use(asset::copyTo) }
        if (!half.renameTo(copy)) throw IOException("cannot rename to $copy")
    }

    private fun <T> reading(action: () -> T): T = try {
        action()
    } catch (error: IOException) {
        throw ModelException("The model $name cannot be read: ${error.message}", error)
    }
}
