package org.datar.edge

/** A model that cannot be used; the message says why, in one sentence for people. */
open class ModelException(message: String, cause: Throwable? = null) : Exception(message, cause)

/** A model file that has no card, or one that is wrong or contradicts the file. */
class CardException(message: String, cause: Throwable? = null) : ModelException(message, cause)
