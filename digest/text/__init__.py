"""What several stages need of text: sentences, words, likeness, cleaning, shortening."""
