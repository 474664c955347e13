"""Words that several rooms read alike: sentences, parts of speech, words of captions, names of classes and concepts."""
