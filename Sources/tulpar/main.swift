func main() {}; main()
