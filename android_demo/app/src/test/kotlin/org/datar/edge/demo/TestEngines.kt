package org.datar.edge.demo

import java.util.concurrent.CopyOnWriteArrayList
import java.util.concurrent.CountDownLatch
import java.util.concurrent.atomic.AtomicInteger
import org.datar.edge.Engine
import org.datar.edge.ModelCard
import org.datar.edge.ModelSource
import org.datar.edge.Session
import org.datar.edge.jvm.JvmTfliteEngine

/** The real TFLite, which counts what it opens and closes, and remembers how. */
class CountingEngine(
    override val name: String = "Counting",
    private val wrap: (Session) -> Session = { it },
) : Engine {
    private val real = JvmTfliteEngine()
    override val extensions get() = real.extensions
    val opened = AtomicInteger()
    val closed = AtomicInteger()
    val scores = CopyOnWriteArrayList<FloatArray>()
    val scored: Int get() = scores.size
    @Volatile var threads = 0

    override fun open(model: ModelSource, threads: Int): Session {
        this.threads = threads
        val session = wrap(real.open(model, threads))
        opened.incrementAndGet()
        return object : Session by session {
            override fun score(window: FloatArray) = session.score(window).also(scores::add)

            override fun close() {
                session.close()
                closed.incrementAndGet()
            }
        }
    }
}

/** An engine whose opening does what a test says. */
class OpeningEngine(
    override val extensions: Set<String> = setOf("tflite"),
    private val action: (ModelSource) -> Session,
) : Engine {
    override val name = "Opening"

    override fun open(model: ModelSource, threads: Int): Session = action(model)
}

/** A session that scores only when it is let. */
class HeldSession(private val real: Session) : Session {
    private val gate = CountDownLatch(1)
    val waiting = CountDownLatch(1)
    override val card: ModelCard get() = real.card

    fun letGo() = gate.countDown()

    override fun score(window: FloatArray): FloatArray {
        waiting.countDown()
        gate.await()
        return real.score(window)
    }

    override fun close() = real.close()
}

/** A session whose runtime fails. */
class FailingSession(private val real: Session) : Session by real {
    override fun score(window: FloatArray): FloatArray = throw IllegalStateException("the runtime broke")
}
