package org.datar.edge

/** A runtime that opens model files. */
interface Engine {
    /** Its name, for people. */
    val name: String

    /** Endings of the files it opens, such as "tflite". */
    val extensions: Set<String>

    /**
     * Loads a model and holds it to its card.
     *
     * @param threads that inference may use, 1 or more.
     * @throws CardException the file has no card, or one that is wrong or contradicts the model.
     * @throws ModelException the file is damaged, or the runtime cannot load it.
     */
    fun open(model: ModelSource, threads: Int): Session
}

/** A model that is loaded and ready. One thread at a time may use it. */
interface Session : AutoCloseable {
    /** What the model says of itself. */
    val card: ModelCard

    /**
     * Scores of one window.
     *
     * @param window `card.windowSamples` samples in -1 to 1 at the card's rate; read only.
     * @return one score from 0 to 1 a label of the main head, in the card's order.
     * @throws ModelException the runtime failed.
     */
    fun score(window: FloatArray): FloatArray

    /** Gives the model's memory back; may be called more than once. */
    override fun close()
}
