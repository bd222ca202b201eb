"""The ports on Google Cloud: Firestore, Pub/Sub, Secret Manager, Google's APIs."""
