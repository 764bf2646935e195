# For those who publish images; to run one, `docker build -t feishu_bot .` is enough.
# One image for each model, tagged as the original's were:
#
#   docker buildx bake --push                       every tag, for both platforms
#   docker buildx bake latest --load --set '*.platform=linux/amd64'
#   IMAGE=registry.example.com/feishu_bot docker buildx bake --push
#
# The tags differ in the preset of OPENAI_MODEL only; `latest` presets none, so that
# the bot chooses from the models that the key offers.

variable "IMAGE" {
  default = "feishu_bot"
}

group "default" {
  targets = ["latest", "gpt-35-0613", "gpt-35-0613-16k", "gpt-4-0613"]
}

target "latest" {
  tags      = ["${IMAGE}:latest"]
  platforms = ["linux/amd64", "linux/arm64"]
  args      = { OPENAI_MODEL = "" }
}

target "gpt-35-0613" {
  inherits = ["latest"]
  tags     = ["${IMAGE}:3.5-0613"]
  args     = { OPENAI_MODEL = "gpt-3.5-turbo-0613" }
}

target "gpt-35-0613-16k" {
  inherits = ["latest"]
  tags     = ["${IMAGE}:3.5-0613-16k"]
  args     = { OPENAI_MODEL = "gpt-3.5-turbo-0613-16k" }
}

target "gpt-4-0613" {
  inherits = ["latest"]
  tags     = ["${IMAGE}:4.0-0613"]
  args     = { OPENAI_MODEL = "gpt-4-0613" }
}
