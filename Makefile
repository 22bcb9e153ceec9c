.PHONY: setup
setup:
	@sh tools/setup.sh
