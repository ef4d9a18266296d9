// PathFollowing
