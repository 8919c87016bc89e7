package org.datar.edge.demo.ui

import android.content.Context
import android.graphics.Bitmap
import android.graphics.Canvas
import android.graphics.Paint
import android.graphics.Path
import android.graphics.Rect
import android.graphics.RectF
import android.util.AttributeSet
import android.view.View
import kotlin.math.roundToInt
import org.datar.edge.demo.R
import org.datar.edge.demo.display.ColourMap
import org.datar.edge.demo.display.Spectrogram

/** Draws a spectrogram that scrolls as it grows; drawing allocates nothing. */
class SpectrogramView(context: Context, attributes: AttributeSet?) : View(context, attributes) {
    /** What is drawn; null for an empty picture with a hint. */
    var spectrogram: Spectrogram? = null
        set(value) {
            if (field !== value) picture = value?.let(::Picture)
            field = value
            contentDescription = description()
            invalidate()
        }

    /** Whether it is drawn anew with each frame of the screen. */
    var live = false
        set(value) {
            field = value
            invalidate()
        }

    private var picture: Picture? = null
    private val outline = Path()
    private val bounds = RectF()
    private val text = Paint(Paint.ANTI_ALIAS_FLAG).apply { color = context.getColor(R.color.spectrogram_text) }
    private val outlined = Paint(Paint.ANTI_ALIAS_FLAG).apply {
        color = ColourMap.colour(0f)
        style = Paint.Style.STROKE
        strokeJoin = Paint.Join.ROUND
        strokeWidth = dp(4f)
    }
    private val ticks = TICKS_HZ.associateWith(::tickText)
    private val hint = context.getString(R.string.spectrogram_idle)

    init {
        contentDescription = description()
    }

    override fun onSizeChanged(width: Int, height: Int, oldWidth: Int, oldHeight: Int) {
        bounds.set(0f, 0f, width.toFloat(), height.toFloat())
        outline.reset()
        outline.addRoundRect(bounds, dp(16f), dp(16f), Path.Direction.CW)
    }

    override fun onDraw(canvas: Canvas) {
        canvas.save()
        canvas.clipPath(outline)
        canvas.drawColor(ColourMap.colour(0f))
        picture?.draw(canvas, bounds)
        if (picture == null) drawHint(canvas) else drawTicks(canvas)
        canvas.restore()
        if (live) postInvalidateOnAnimation()
    }

    private fun drawHint(canvas: Canvas) {
        text.textAlign = Paint.Align.CENTER
        text.textSize = sp(16f)
        canvas.drawText(hint, bounds.centerX(), bounds.centerY() - (text.ascent() + text.descent()) / 2, text)
    }

    private fun drawTicks(canvas: Canvas) {
        val spectrogram = spectrogram ?: return
        text.textAlign = Paint.Align.LEFT
        text.textSize = sp(12f)
        for ((frequencyHz, label) in ticks) {
            val baseline = bounds.height() * (1f - spectrogram.heightOf(frequencyHz.toDouble()))
            if (baseline + text.ascent() > dp(4f)) drawOutlined(canvas, label, dp(10f), baseline)
        }
    }

    /** Loud sound is bright: without its dark outline the text would vanish there. */
    private fun drawOutlined(canvas: Canvas, label: String, x: Float, baseline: Float) {
        outlined.textSize = text.textSize
        canvas.drawText(label, x, baseline, outlined)
        canvas.drawText(label, x, baseline, text)
    }

    private fun tickText(frequencyHz: Int): String = when {
        frequencyHz < 1000 -> resources.getString(R.string.frequency_hz, frequencyHz)
        else -> resources.getString(R.string.frequency_khz, frequencyHz / 1000)
    }

    private fun description(): String = spectrogram
        ?.let { resources.getString(R.string.spectrogram, it.spanS.roundToInt()) } ?: hint

    private fun dp(size: Float): Float = size * resources.displayMetrics.density

    private fun sp(size: Float): Float = size * resources.configuration.fontScale * resources.displayMetrics.density

    private companion object {
        val TICKS_HZ = listOf(200, 1_000, 4_000)
    }
}

/** The columns of a spectrogram as a bitmap, in which the oldest gives way to the newest. */
private class Picture(private val spectrogram: Spectrogram) {
    private val columns = spectrogram.columns
    private val bands = spectrogram.bands
    private val bitmap = Bitmap.createBitmap(columns, bands, Bitmap.Config.ARGB_8888)
    private val paint = Paint(Paint.FILTER_BITMAP_FLAG)
    private val column = IntArray(bands)
    private var drawn = 0L
    private val from = Rect()
    private val to = RectF()

    init {
        bitmap.eraseColor(ColourMap.colour(0f))
    }

    fun draw(canvas: Canvas, bounds: RectF) {
        update()
        val oldest = (drawn % columns).toInt()
        val seam = bounds.width() * (columns - oldest) / columns
        from.set(oldest, 0, columns, bands)
        to.set(0f, 0f, seam, bounds.height())
        canvas.drawBitmap(bitmap, from, to, paint)
        from.set(0, 0, oldest, bands)
        to.set(seam, 0f, bounds.width(), bounds.height())
        if (oldest > 0) canvas.drawBitmap(bitmap, from, to, paint)
    }

    private fun update() {
        val end = spectrogram.end
        drawn = maxOf(drawn, end - columns)
        while (drawn < end && spectrogram.copyColumn(drawn, column)) {
            bitmap.setPixels(column, 0, 1, (drawn % columns).toInt(), 0, 1, bands)
            drawn += 1
        }
    }
}
