package org.datar.edge.demo.sound

import android.content.ContentResolver
import android.content.Context
import android.net.Uri
import android.provider.OpenableColumns
import java.io.FileNotFoundException
import java.io.IOException

/** Opens sound files that other apps hand out. */
class SoundFiles(private val context: Context) {
    private val resolver: ContentResolver = context.contentResolver

    /**
     * Opens a file, by the app's own parser if it is a WAV file and by the phone's decoders if not.
     *
     * @throws SoundFileException it cannot be opened
     */
    fun open(file: Uri): SoundReader = try {
        // A path would be opened with this app's rights, whoever sent it.
        if (file.scheme != ContentResolver.SCHEME_CONTENT) throw SoundFileException("it is not handed out by an app")
        val header = ByteArray(WavReader.HEADER_BYTES)
        val got = stream(file).use { it.read(header) }
        if (got == header.size && WavReader.recognizes(header)) WavReader(stream(file)) else MediaReader(context, file)
    } catch (error: IOException) {
        throw SoundFileException(error.message ?: "it cannot be read", error)
    } catch (error: SecurityException) {
        throw SoundFileException("it is not allowed", error)
    }

    /** The file's name for people. */
    fun nameOf(file: Uri): String = try {
        resolver.query(file, arrayOf(OpenableColumns.DISPLAY_NAME), null, null, null)?.use { row ->
            if (row.moveToFirst()) row.getString(0) else null
        }
    } catch (error: SecurityException) {
        null
    } ?: file.lastPathSegment.orEmpty()

    private fun stream(file: Uri) =
        resolver.openInputStream(file) ?: throw FileNotFoundException("it is not there any more")
}
